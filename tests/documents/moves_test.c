/* What stands in Nightscout where the pump's clock was read otherwise: what is moved, what is a person's and
   stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* a row names what it needs */

/* South of the equator summer ends in April: 2026-04-04T16:00Z, and begins again at 2026-10-03T16:00Z. */
static struct time_zone_change sydney_changes[] = {
    {INT64_MIN, 11 * SECONDS_PER_HOUR},  {1743868800, 10 * SECONDS_PER_HOUR},
    {1759593600, 11 * SECONDS_PER_HOUR}, {1775318400, 10 * SECONDS_PER_HOUR},
    {1791043200, 11 * SECONDS_PER_HOUR}, {1806768000, 10 * SECONDS_PER_HOUR},
};
static char sydney_name[] = "Australia/Sydney";
static const struct time_zone sydney = {sydney_name, sydney_changes,
                                        sizeof sydney_changes / sizeof *sydney_changes};

struct row {
    const char *name;
    const char *events;
    const char *upload; /* of the newest of them; NULL: PUMP_CLOCK=zone */
    const char *now;
    const char *treatments, *entries; /* NULL: none */
    const char *plan;
    const struct time_zone *zone; /* NULL: New York */
};

#define OURS      "'enteredBy':'Pump (tconnectsync)'"
#define SOURCE    ",'pump_event_source':'0e2bd970'"
#define ID(event) ",'pump_event_id':'" event "'"
#define TREATMENT(id, type, time, rest)                                                                      \
    "{'_id':'" id "','eventType':'" type "','created_at':'" time ".000Z','utcOffset':60," OURS rest "}"
#define MOVED(id, type, time, rest)                                                                          \
    "amend {'_id':'" id "','eventType':'" type "','created_at':'" time "'," OURS rest "}\n"
#define ENTRY(id, milliseconds, rest)                                                                        \
    "{'_id':'" id "','type':'sgv','device':'Pump (tconnectsync)','date':" milliseconds rest "}"
#define RESUME(number, time)  "12 " number " " time "\n"
#define READING(number, time) "399 " number " " time " {'currentGlucoseDisplayValue':100,'egvTimeStamp':"

/* 2026-03-08T07:00Z is the spring of New York, 2026-11-01T06:00Z its autumn. */
#define SPRING_NOON    RESUME("5", "2026-03-08T12:00:00") /* never set: 17:00Z; the zone alone: 16:00Z */
#define SPRING_UPLOAD  "2026-03-08T17:02:00Z"
#define SPRING_LATER   "2026-03-08T18:00:00Z"
#define AUTUMN_NOON    RESUME("5", "2026-11-01T12:00:00") /* never set: 16:00Z; the zone alone: 17:00Z */
#define AUTUMN_UPLOAD  "2026-11-01T16:02:00Z"
#define AUTUMN_LATER   "2026-11-01T17:00:00Z"
#define IS_RIGHT(time) "unchanged Basal Resume " time " 5\n"

static const struct row rows[] = {
    {"spring, never set: from where the zone would put it", SPRING_NOON, SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Basal Resume", "2026-03-08T16:00:00", ID("5") ",'notes':'words'") "]", NULL,
     MOVED("a", "Basal Resume", "2026-03-08T13:00:00-04:00", ID("5") ",'notes':'words'")},
    {"with a source as well", SPRING_NOON, SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Basal Resume", "2026-03-08T16:00:00", ID("5") SOURCE) "]", NULL,
     MOVED("a", "Basal Resume", "2026-03-08T13:00:00-04:00", ID("5") SOURCE)},
    {"without a number as well", SPRING_NOON, SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Basal Resume", "2026-03-08T16:00:00", "") "]", NULL,
     MOVED("a", "Basal Resume", "2026-03-08T13:00:00-04:00", "")},
    {"of a type that a person chose", SPRING_NOON, SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Note", "2026-03-08T16:00:00", ID("5") SOURCE) "]", NULL,
     MOVED("a", "Note", "2026-03-08T13:00:00-04:00", ID("5") SOURCE)},
    {"where it belongs it stands", SPRING_NOON, SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Basal Resume", "2026-03-08T17:00:00", ID("5")) "]", NULL,
     IS_RIGHT("2026-03-08T13:00:00-04:00")},
    {"a second beside the old time it is a person's", SPRING_NOON, SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Basal Resume", "2026-03-08T16:00:01", ID("5") SOURCE) "]", NULL,
     IS_RIGHT("2026-03-08T13:00:00-04:00")},
    {"another's stands", SPRING_NOON, SPRING_UPLOAD, SPRING_LATER,
     "[{'_id':'a','eventType':'Basal Resume','created_at':'2026-03-08T16:00:00.000Z','enteredBy':'me'" ID(
         "5") "}]",
     NULL, IS_RIGHT("2026-03-08T13:00:00-04:00")},
    {"PUMP_CLOCK=zone moves nothing, back or forth", SPRING_NOON, NULL, SPRING_LATER,
     "[" TREATMENT("a", "Basal Resume", "2026-03-08T17:00:00", ID("5") SOURCE) "]", NULL,
     IS_RIGHT("2026-03-08T12:00:00-04:00")},
    {"what would silence alarms waits", SPRING_NOON, SPRING_UPLOAD, "2026-03-08T17:05:00Z",
     "[" TREATMENT("a", "Basal Resume", "2026-03-08T16:00:00", ID("5")) "]", NULL,
     "withheld Basal Resume 2026-03-08T13:00:00-04:00 5\n"},
    {"autumn, never set", AUTUMN_NOON, AUTUMN_UPLOAD, AUTUMN_LATER,
     "[" TREATMENT("a", "Basal Resume", "2026-11-01T17:00:00", ID("5")) "]", NULL,
     MOVED("a", "Basal Resume", "2026-11-01T11:00:00-05:00", ID("5"))},
    {"the repeated hour, not set: the second reading is one of the old ones",
     RESUME("5", "2026-11-01T01:30:00") RESUME("6", "2026-11-01T02:30:00"), "2026-11-01T06:32:00Z",
     AUTUMN_LATER,
     "[" TREATMENT("a", "Basal Resume", "2026-11-01T06:30:00",
                   ID("5")) "," TREATMENT("b", "Basal Resume", "2026-11-01T07:30:00", ID("6")) "]",
     NULL,
     MOVED("a", "Basal Resume", "2026-11-01T01:30:00-04:00", ID("5"))
         MOVED("b", "Basal Resume", "2026-11-01T01:30:00.001-05:00", ID("6"))},
    {"Sydney's autumn, never set", RESUME("5", "2026-04-05T12:00:00"), "2026-04-05T01:02:00Z",
     "2026-04-05T03:00:00Z", "[" TREATMENT("a", "Basal Resume", "2026-04-05T02:00:00", ID("5")) "]", NULL,
     MOVED("a", "Basal Resume", "2026-04-05T11:00:00+10:00", ID("5")), &sydney},
    {"Sydney's spring, never set", RESUME("5", "2026-10-04T12:00:00"), "2026-10-04T02:02:00Z",
     "2026-10-04T03:00:00Z", "[" TREATMENT("a", "Basal Resume", "2026-10-04T01:00:00", ID("5")) "]", NULL,
     MOVED("a", "Basal Resume", "2026-10-04T13:00:00+11:00", ID("5")), &sydney},
    {"two that an hour parts: the moment of the other is taken",
     RESUME("5", "2026-03-08T11:00:00") RESUME("6", "2026-03-08T12:00:00"), SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Basal Resume", "2026-03-08T15:00:00",
                   ID("5")) "," TREATMENT("b", "Basal Resume", "2026-03-08T16:00:00", ID("6")) "]",
     NULL,
     MOVED("a", "Basal Resume", "2026-03-08T12:00:00.001-04:00", ID("5"))
         MOVED("b", "Basal Resume", "2026-03-08T13:00:00-04:00", ID("6"))},
    {"the end of a basal follows",
     "279 5 2026-03-08T01:55:00 {'commandedRate':100}\n4 6 2026-03-08T02:09:00 {}\n4 7 2026-03-08T02:23:00 "
     "{}\n"
     "4 8 2026-03-08T02:37:00 {}\n4 9 2026-03-08T02:51:00 {}\n"
     "279 10 2026-03-08T03:05:00 {'commandedRate':200}\n4 11 2026-03-08T03:19:00 {}\n",
     "2026-03-08T08:22:00Z", SPRING_LATER,
     "[" TREATMENT(
         "a", "Temp Basal", "2026-03-08T06:55:00",
         ID("5") ",'absolute':0.1,'rate':0.1,'duration':10") "," TREATMENT("b", "Temp Basal",
                                                                           "2026-03-08T07:05:00",
                                                                           ID("10") ",'absolute':0.2,'rate':"
                                                                                    "0.2,'duration':14") "]",
     NULL,
     "amend {'_id':'a','eventType':'Temp Basal','created_at':'2026-03-08T07:55:00+01:00','utcOffset':60," OURS
         ID("5") ",'absolute':0.1,'rate':0.1,'duration':70}\n" MOVED(
             "b", "Temp Basal", "2026-03-08T04:05:00-04:00",
             ID("10") ",'absolute':0.2,'rate':0.2,'duration':14")},
    {"an extended bolus in one piece goes to its end, and stays in one piece",
     "64 3 2026-03-08T10:00:00 {'bolusId':7}\n59 4 2026-03-08T10:00:00 {'bolusId':7}\n"
     "21 5 2026-03-08T12:00:00 {'bolusId':7,'completionStatus':3,'insulinDelivered':2}\n",
     SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Combo Bolus", "2026-03-08T16:00:00", ID("5") ",'insulin':2") "]", NULL,
     MOVED("a", "Combo Bolus", "2026-03-08T13:00:00-04:00",
           ID("5") ",'insulin':2") "unchanged Combo Bolus 2026-03-08T11:45:00-04:00 5,2,4\n"
                                   "unchanged Combo Bolus 2026-03-08T12:15:00-04:00 5,3,4\n"
                                   "unchanged Combo Bolus 2026-03-08T12:45:00-04:00 5,4,4\n"},
    {"one of a single part as well",
     "64 3 2026-03-08T11:40:00 {'bolusId':7}\n59 4 2026-03-08T11:40:00 {'bolusId':7}\n"
     "21 5 2026-03-08T12:00:00 {'bolusId':7,'completionStatus':3,'insulinDelivered':2}\n",
     SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Combo Bolus", "2026-03-08T16:00:00", ID("5") ",'insulin':2") "]", NULL,
     MOVED("a", "Combo Bolus", "2026-03-08T13:00:00-04:00", ID("5") ",'insulin':2")},
    {"one that a person has dragged stays, and none of the parts is it",
     "64 3 2026-03-08T10:00:00 {'bolusId':7}\n59 4 2026-03-08T10:00:00 {'bolusId':7}\n"
     "21 5 2026-03-08T11:00:00 {'bolusId':7,'completionStatus':3,'insulinDelivered':2}\n",
     SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Combo Bolus", "2026-03-08T16:07:00", ID("5") ",'insulin':2") "," TREATMENT(
         "b", "Combo Bolus", "2026-03-08T15:45:00", ID("5,2,2") SOURCE ",'insulin':1") "]",
     NULL,
     "unchanged Combo Bolus 2026-03-08T10:15:00-04:00 5,1,2\n"
     "unchanged Combo Bolus 2026-03-08T10:45:00-04:00 5,2,2\n"},
    {"one of another amount is a person's, and stays where it is",
     "64 3 2026-03-08T10:00:00 {'bolusId':7}\n59 4 2026-03-08T10:00:00 {'bolusId':7}\n"
     "21 5 2026-03-08T12:00:00 {'bolusId':7,'completionStatus':3,'insulinDelivered':2}\n",
     SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Combo Bolus", "2026-03-08T16:00:00", ID("5") ",'insulin':1.5") "]", NULL,
     "unchanged Combo Bolus 2026-03-08T11:15:00-04:00 5,1,4\n"
     "unchanged Combo Bolus 2026-03-08T11:45:00-04:00 5,2,4\n"
     "unchanged Combo Bolus 2026-03-08T12:15:00-04:00 5,3,4\n"
     "unchanged Combo Bolus 2026-03-08T12:45:00-04:00 5,4,4\n"},
    {"one in one piece besides a part that stands: no other part is it",
     "64 3 2026-03-08T10:00:00 {'bolusId':7}\n59 4 2026-03-08T10:00:00 {'bolusId':7}\n"
     "21 5 2026-03-08T12:00:00 {'bolusId':7,'completionStatus':3,'insulinDelivered':2}\n",
     SPRING_UPLOAD, SPRING_LATER,
     "[" TREATMENT("a", "Combo Bolus", "2026-03-08T16:00:00", ID("5") ",'insulin':2") "," TREATMENT(
         "b", "Combo Bolus", "2026-03-08T15:15:00", ID("5,1,4") ",'insulin':0.5") "]",
     NULL,
     "unchanged Combo Bolus 2026-03-08T11:15:00-04:00 5,1,4\n"
     "unchanged Combo Bolus 2026-03-08T11:45:00-04:00 5,2,4\n"
     "unchanged Combo Bolus 2026-03-08T12:15:00-04:00 5,3,4\n"
     "unchanged Combo Bolus 2026-03-08T12:45:00-04:00 5,4,4\n"},
};

/* egvTimeStamp of 2026-03-08T12:00:00: 573825600. */
static const struct row reading_rows[] = {
    {"a reading is written anew first", READING("5", "2026-03-08T12:00:03") "573825600}\n", SPRING_UPLOAD,
     SPRING_LATER, NULL, "[" ENTRY("a", "1772985600000", ID("5") ",'sgv':100") "]",
     "move sgv 2026-03-08T13:00:00-04:00 5\n"},
    {"then the old one goes", READING("5", "2026-03-08T12:00:03") "573825600}\n", SPRING_UPLOAD, SPRING_LATER,
     NULL,
     "[" ENTRY("a", "1772985600000", ID("5") ",'sgv':100") "," ENTRY("b", "1772989200000",
                                                                     ID("5") SOURCE ",'sgv':100") "]",
     "unchanged sgv 2026-03-08T13:00:00-04:00 5\ndelete a\n"},
    {"each to its place, though another's old one stands there",
     READING("5", "2026-03-08T11:00:03") "573822000}\n" READING("6", "2026-03-08T12:00:03") "573825600}\n",
     SPRING_UPLOAD, SPRING_LATER, NULL,
     "[" ENTRY("a", "1772982000000", ID("5") SOURCE ",'sgv':100") "," ENTRY("b", "1772985600000",
                                                                            ID("6") SOURCE ",'sgv':100") "]",
     "move sgv 2026-03-08T12:00:00.001-04:00 5\nmove sgv 2026-03-08T13:00:00-04:00 6\n"},
    {"a run that died in between goes on",
     READING("5", "2026-03-08T11:00:03") "573822000}\n" READING("6", "2026-03-08T12:00:03") "573825600}\n",
     SPRING_UPLOAD, SPRING_LATER, NULL,
     "[" ENTRY("a", "1772982000000", ID("5") SOURCE ",'sgv':100") "," ENTRY(
         "b", "1772985600000", ID("6") SOURCE ",'sgv':100") "," ENTRY("c", "1772985600001",
                                                                      ID("5") SOURCE ",'sgv':100") "]",
     "unchanged sgv 2026-03-08T12:00:00-04:00 5\nmove sgv 2026-03-08T13:00:00-04:00 6\ndelete a\n"},
    {"another device's at the right time: nothing is written, and nothing deleted",
     READING("5", "2026-03-08T12:00:03") "573825600}\n", SPRING_UPLOAD, SPRING_LATER, NULL,
     "[" ENTRY(
         "a", "1772985600000",
         ID("5") ",'sgv':100") ",{'_id':'b','type':'sgv','device':'phone','date':1772989230000,'sgv':101}]",
     "unchanged sgv 2026-03-08T13:00:00-04:00 5\n"},
    {"one without a source at the right second is none of the old ones",
     READING("5", "2026-03-08T12:00:03") "573825600}\n", SPRING_UPLOAD, SPRING_LATER, NULL,
     "[" ENTRY("a", "1772989200000", ID("5") SOURCE ",'sgv':100") "," ENTRY("b", "1772989200000",
                                                                            ID("5") ",'sgv':100") "]",
     "unchanged sgv 2026-03-08T13:00:00-04:00 5\n"},
    {"one at another zone's time goes: 26 hours off at most",
     READING("5", "2026-03-08T12:00:03") "573825600}\n", SPRING_UPLOAD, SPRING_LATER, NULL,
     "[" ENTRY("a", "1772989200000", ID("5") SOURCE ",'sgv':100") "," ENTRY("b", "1772895600000",
                                                                            ID("5") SOURCE ",'sgv':100") "]",
     "unchanged sgv 2026-03-08T13:00:00-04:00 5\ndelete b\n"},
    {"a quarter of an hour more: a person's", READING("5", "2026-03-08T12:00:03") "573825600}\n",
     SPRING_UPLOAD, SPRING_LATER, NULL,
     "[" ENTRY("a", "1772989200000", ID("5") SOURCE ",'sgv':100") "," ENTRY("b", "1772894700000",
                                                                            ID("5") SOURCE ",'sgv':100") "]",
     "unchanged sgv 2026-03-08T13:00:00-04:00 5\n"},
    {"a minute less: a person's", READING("5", "2026-03-08T12:00:03") "573825600}\n", SPRING_UPLOAD,
     SPRING_LATER, NULL,
     "[" ENTRY("a", "1772989200000", ID("5") SOURCE ",'sgv':100") "," ENTRY("b", "1772895660000",
                                                                            ID("5") SOURCE ",'sgv':100") "]",
     "unchanged sgv 2026-03-08T13:00:00-04:00 5\n"},
    {"of another glucose: a person's", READING("5", "2026-03-08T12:00:03") "573825600}\n", SPRING_UPLOAD,
     SPRING_LATER, NULL,
     "[" ENTRY("a", "1772989200000", ID("5") SOURCE ",'sgv':100") "," ENTRY("b", "1772895600000",
                                                                            ID("5") SOURCE ",'sgv':101") "]",
     "unchanged sgv 2026-03-08T13:00:00-04:00 5\n"},
    {"in the repeated hour, set in time: where it belongs it stands", /* egvTimeStamp of 01:30:00 */
     READING("5", "2026-11-01T01:30:03") "594351000}\n", "2026-11-01T06:32:00Z", AUTUMN_LATER, NULL,
     "[" ENTRY("a", "1793514600000", ID("5") SOURCE ",'sgv':100") "]",
     "unchanged sgv 2026-11-01T01:30:00-05:00 5\n"},
    {"one that another wrote stands", READING("5", "2026-03-08T12:00:03") "573825600}\n", SPRING_UPLOAD,
     SPRING_LATER, NULL,
     "[{'_id':'a','type':'sgv','device':'phone','date':1772985600000,'sgv':100" ID("5") SOURCE "}]",
     "unchanged sgv 2026-03-08T13:00:00-04:00 5\n"},
    {"another pump's reading of that number stands", READING("5", "2026-03-08T12:00:03") "573825600}\n",
     SPRING_UPLOAD, SPRING_LATER, NULL,
     "[" ENTRY("a", "1772985600000", ID("5") ",'pump_event_source':'6e3a6edb','sgv':100") "," ENTRY(
         "b", "1772989200000", ID("5") SOURCE ",'sgv':100") "]",
     "unchanged sgv 2026-03-08T13:00:00-04:00 5\n"},
};

/* The pump's clock shows New York's time; the documents were written as if it showed Chicago's, an hour on.
 */
#define DAY                                                                                                  \
    RESUME("1", "11:00:00")                                                                                  \
    RESUME("2", "11:10:00") RESUME("3", "11:20:00") RESUME("4", "11:30:00") RESUME("5", "11:40:00")
#define STORED(id, time, number) TREATMENT(id, "Basal Resume", "2026-05-14T" time, ID(number))
#define BACK(id, time, number)   MOVED(id, "Basal Resume", "2026-05-14T" time "-04:00", ID(number))
#define STANDS(time, number)     "unchanged Basal Resume 2026-05-14T" time "-04:00 " number "\n"
#define DAY_STANDS                                                                                           \
    STANDS("11:00:00", "1")                                                                                  \
    STANDS("11:10:00", "2") STANDS("11:20:00", "3") STANDS("11:30:00", "4") STANDS("11:40:00", "5")
#define FAR(id, day, time, number) TREATMENT(id, "Basal Resume", day "T" time, ID(number) SOURCE)
#define NEAR(id, time, number)     MOVED(id, "Basal Resume", "2026-05-14T" time "-04:00", ID(number) SOURCE)
#define DAY_GOES_BACK                                                                                        \
    NEAR("a", "11:00:00", "1")                                                                               \
    NEAR("b", "11:10:00", "2")                                                                               \
    NEAR("c", "11:20:00", "3") NEAR("d", "11:30:00", "4") NEAR("e", "11:40:00", "5")
#define ALL_AT(day, one, two, three, four, five)                                                             \
    "[" FAR("a", day, one, "1") "," FAR("b", day, two, "2") "," FAR("c", day, three, "3") "," FAR(           \
        "d", day, four, "4") "," FAR("e", day, five, "5") "]"
#define DAY_UPLOAD "2026-05-14T15:42:00Z"
#define DAY_LATER  "2026-05-14T17:00:00Z"

static const struct row zone_rows[] = {
    {"a person's drag of exactly an hour stands", DAY, DAY_UPLOAD, DAY_LATER,
     "[" STORED("a", "15:00:00", "1") "," STORED("b", "15:10:00", "2") "," STORED(
         "c", "16:20:00", "3") "," STORED("d", "15:30:00", "4") "," STORED("e", "15:40:00", "5") "]",
     NULL,
     STANDS("11:00:00", "1") STANDS("11:10:00", "2") STANDS("11:20:00", "3") STANDS("11:30:00", "4")
         STANDS("11:40:00", "5")},
    {"and so it does all alone", RESUME("3", "11:20:00"), "2026-05-14T15:22:00Z", DAY_LATER,
     "[" STORED("c", "16:20:00", "3") "]", NULL, STANDS("11:20:00", "3")},
    {"a corrected TIMEZONE_NAME heals, a drag of seven minutes stands", DAY, DAY_UPLOAD, DAY_LATER,
     "[" STORED("a", "16:00:00", "1") "," STORED("b", "16:10:00", "2") "," STORED(
         "c", "16:27:00", "3") "," STORED("d", "16:30:00", "4") "," STORED("e", "16:40:00", "5") "]",
     NULL,
     BACK("a", "11:00:00", "1") BACK("b", "11:10:00", "2") STANDS("11:20:00", "3") BACK("d", "11:30:00", "4")
         BACK("e", "11:40:00", "5")},
    {"three of five are more than half", DAY, DAY_UPLOAD, DAY_LATER,
     "[" STORED("a", "16:00:00", "1") "," STORED("b", "15:10:00", "2") "," STORED(
         "c", "15:20:00", "3") "," STORED("d", "16:30:00", "4") "," STORED("e", "16:40:00", "5") "]",
     NULL,
     BACK("a", "11:00:00", "1") STANDS("11:10:00", "2") STANDS("11:20:00", "3") BACK("d", "11:30:00", "4")
         BACK("e", "11:40:00", "5")},
    {"three of six are not", RESUME("0", "10:50:00") DAY, DAY_UPLOAD, DAY_LATER,
     "[" STORED("z", "14:50:00", "0") "," STORED("a", "16:00:00", "1") "," STORED(
         "b", "15:10:00", "2") "," STORED("c", "15:20:00", "3") "," STORED("d", "16:30:00",
                                                                           "4") "," STORED("e", "16:40:00",
                                                                                           "5") "]",
     NULL,
     STANDS("10:50:00", "0") STANDS("11:00:00", "1") STANDS("11:10:00", "2") STANDS("11:20:00", "3")
         STANDS("11:30:00", "4") STANDS("11:40:00", "5")},
    {"26 hours off: as far as two zones can be", DAY, DAY_UPLOAD, DAY_LATER,
     ALL_AT("2026-05-13", "13:00:00", "13:10:00", "13:20:00", "13:30:00", "13:40:00"), NULL, DAY_GOES_BACK},
    {"a quarter of an hour more is no zone's", DAY, DAY_UPLOAD, DAY_LATER,
     ALL_AT("2026-05-13", "12:45:00", "12:55:00", "13:05:00", "13:15:00", "13:25:00"), NULL, DAY_STANDS},
    {"nor is what no quarters of an hour make up", DAY, DAY_UPLOAD, DAY_LATER,
     ALL_AT("2026-05-14", "16:07:00", "16:17:00", "16:27:00", "16:37:00", "16:47:00"), NULL, DAY_STANDS},
    {"not where no upload bears witness to the clock", DAY, "2026-05-14T18:42:00Z", "2026-05-14T19:00:00Z",
     "[" STORED("a", "16:00:00", "1") "," STORED("b", "16:10:00", "2") "," STORED(
         "c", "16:20:00", "3") "," STORED("d", "16:30:00", "4") "," STORED("e", "16:40:00", "5") "]",
     NULL,
     STANDS("11:00:00", "1") STANDS("11:10:00", "2") STANDS("11:20:00", "3") STANDS("11:30:00", "4")
         STANDS("11:40:00", "5")},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct fixture fixture;
    struct buffer plan;
    buffer_init(&plan, 1 << 20);
    fixture_open(&fixture);
    if (row->zone)
        fixture.zone = row->zone;
    fixture_set_now(&fixture, row->now);
    fixture.difference_rules.zone = row->upload ? fixture.zone : NULL;
    fixture.witness.upload = row->upload ? at(row->upload) : NO_TIME;
    fixture_read(&fixture, 0, row->events);
    fixture_hold(&fixture, COLLECTION_TREATMENTS, row->treatments);
    fixture_hold(&fixture, COLLECTION_ENTRIES, row->entries);
    fixture_build(&fixture);
    for (int time = 0; time < 2; time++) { /* nothing is left over from the first */
        buffer_clear(&plan);
        fixture_compare(&fixture);
        fixture_write_plan(&fixture, &plan);
        assert_string_equal(plan.data, row->plan);
    }
    buffer_free(&plan);
    fixture_close(&fixture);
}

/* What lies further than 26 hours from the range was not read of Nightscout. */
static void a_reading_moves_where_what_stands_is_known(void **state)
{
    (void)state;
    static const struct {
        int64_t from, to; /* seconds from the reading's right time */
        enum document_fate fate;
    } ranges[] = {
        {HELD_PADDING, 2 * HELD_PADDING, FATE_MOVE},
        {HELD_PADDING + 1, 2 * HELD_PADDING, FATE_UNCHANGED},
        {-2 * HELD_PADDING, -HELD_PADDING, FATE_MOVE},
        {-2 * HELD_PADDING, -HELD_PADDING - 1, FATE_UNCHANGED},
    };
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_set_now(&fixture, SPRING_LATER);
    fixture.difference_rules.zone = fixture.zone;
    fixture.witness.upload = at(SPRING_UPLOAD);
    fixture_read(&fixture, 0, READING("5", "2026-03-08T12:00:03") "573825600}\n");
    fixture_hold(&fixture, COLLECTION_ENTRIES, "[" ENTRY("a", "1772985600000", ID("5") ",'sgv':100") "]");
    fixture_build(&fixture);
    struct document *reading = &fixture.documents.items[0];
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        fixture.difference_rules.from = reading->time + ranges[i].from;
        fixture.difference_rules.to = reading->time + ranges[i].to;
        fixture_compare(&fixture);
        assert_int_equal(reading->fate, ranges[i].fate);
    }
    fixture_close(&fixture);
}

static int run(const char *group, const struct row *from, size_t count)
{
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){
            .name = from[i].name, .test_func = row_holds, .initial_state = (void *)(uintptr_t)&from[i]};
    int failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    free(tests);
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reading_moves_where_what_stands_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) + run("moves", rows, sizeof rows / sizeof *rows) +
           run("readings that move", reading_rows, sizeof reading_rows / sizeof *reading_rows) +
           run("another TIMEZONE_NAME", zone_rows, sizeof zone_rows / sizeof *zone_rows);
}
