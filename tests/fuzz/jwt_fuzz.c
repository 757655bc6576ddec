/* A token on the first line, the answer of the JWKS address behind it; without one, the keys are those that
   signed the only token below. Nobody else's token passes, and nothing is claimed before one has. */
#include "fuzz.h"

#include "jwt.h"
#include "tconnectsync/base/error.h"

#define NOW INT64_C(1780000000)

static const struct jwt_expected expected = {"https://accounts.example.test/api", "client-1", NOW};
/* Made up for this, their private key is gone. */
static const char own_keys[] =
    "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"k0\"},{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":"
    "\"k1\",\"n\":\"xu"
    "jsnodL7O0utxejUsc7-zkxuIbFCvT5QckvJei70rZ9dJAbtM332NufPxNTgSIi7XGaRgfBz8TqvPCpMiumqMqkE82N"
    "LgwAmnMSs60584pgt_Vgl-2CXoBQjbd5kn66tsoTO-eeHb6W3eyyICVZ6T1kOFxrEgjXaSaF6WgOysO_dbGWOfM0w4"
    "v6D-7P_Go-KhrQJPAcvMEVq1jsYvG50Lqiw_8en3x9-nALBGSsnnT0mSCUKkl52QK7VY69eE4VIKdz7iOv0GvLh_cL"
    "Us_ALYEYEIfQb8VCpF0dVTlAIdsonOVyu7ZpVrUv42YU8q2hXemOtb91tvWXPzixwVVSEw\",\"e\":\"AQAB\"}]}";
static const char own_token[] =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2FjY291bnRzLmV4YW"
    "1wbGUudGVzdC9hcGkiLCJhdWQiOiJjbGllbnQtMSIsImV4cCI6MTc4MDAwMzYwMCwibmJmIjoxNzgwMDAwMDAwLCJw"
    "dW1wZXJJZCI6IjExMTExMTExLTIyMjItNDMzMy04NDQ0LTU1NTU1NTU1NTU1NSIsImFjY291bnRJZCI6ImEtMSJ9.O"
    "bmJV0DVn-_inkXoO2EJN4nQTks8buzg-jdfMKYoQO6WlwN_Q-Igq4vhr9PoHZ-W9muOiQ7MyCPm12Qm4BiIRJDknmy"
    "HdgobgNncILWyw2CAM3wifg0VBvpLpdmBsDFQP676wj4mEKldqbbWD9WxqsOPsY93xdJoLYqdTblN2Jwc8XknwXIqS"
    "D40ho7bSdAlMcpwzWl8eOgi8uzAcY2j8XYwPGvCzIGzrBGhIcZGUSgPXdxHSpVJXdj9MqzKF1os4BHwOKPg1LyIJgN"
    "OoO7HANHG44eLdGntNHfbMWkti3Utz6SpdKo-1mr_XCsVMMkCwU8MLRpB2R0Wt9Y6sg75Zw";

static void check_identifier(const char *text)
{
    for (; *text; text++)
        must(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *text) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *token = take_line(&data, &size);
    const char *keys = size ? (const char *)data : own_keys;
    struct jwt_claims claims = {"before", "before"};
    struct error error = {0};
    bool valid = jwt_verify(token, keys, size ? size : strlen(own_keys), &expected, &claims, &error);
    must(valid || (error.kind != ERROR_NONE && *error.text && strcmp(claims.pumper_id, "before") == 0));
    must(!valid || size || strcmp(token, own_token) == 0);
    if (valid) {
        must(*claims.pumper_id);
        check_identifier(claims.pumper_id);
        check_identifier(claims.account_id);
    }
    free(token);
    return 0;
}
