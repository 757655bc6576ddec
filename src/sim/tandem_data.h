/* tandem_data.h - Tandem Source's answers about pumps. fixture: what is told instead of the history, or NULL.
 */
#ifndef SIM_TANDEM_DATA_H
#define SIM_TANDEM_DATA_H

struct exchange;
struct fixture;
struct simulator;

void tandem_reply_pumper(struct simulator *simulator, const struct fixture *fixture,
                         struct exchange *exchange);
void tandem_reply_log(struct simulator *simulator, const struct fixture *fixture, struct exchange *exchange,
                      const char *assignment);

#endif
