/* What must hold in every plan, whatever it computes. */
#ifndef PLAN_RULES_H
#define PLAN_RULES_H

#include "graph/plan.h"

/* Fails the test if something is read before it is made, or two results that are alive at once share memory. */
void check_plan_rules(const tn_plan *plan);

/* How many instructions of that operation a plan has. */
int plan_count(const tn_plan *plan, const char *operation);

#endif
