/* How far to go along a direction: a place where the strong Wolfe conditions hold.
 * Source: Nocedal and Wright, Numerical Optimization, 2nd ed., Springer 2006, section 3.5. */
#ifndef TN_OPTIM_LINE_SEARCH_H
#define TN_OPTIM_LINE_SEARCH_H

#include "tensor.h"

/* A place along the direction: how far, and the loss and its slope there. */
typedef struct tn_point {
    double at, loss, slope;
} tn_point;

typedef struct tn_line_search {
    double decrease, curvature; /* the conditions' c1 and c2, 0 < c1 < c2 < 1 */
    double rounding;            /* the loss is known to so many parts of itself */
    int evaluations;            /* places tried at most; going back to the best of them is one more */
    double first;               /* the first trial */
    /* Fills in the loss and the slope of *here; called last at the place that is found. */
    tn_status (*evaluate)(void *problem, tn_point *here, tn_error *error);
    void *problem;
} tn_line_search;

/* From a start of negative slope. *found is a place where the strong Wolfe conditions hold; where the evaluations are
 * used up before, the best one of sufficient decrease, or the start if there is none. *finite tells whether the loss
 * was a number at any place but the start. Errors: those of evaluate. */
tn_status tn_line_search_run(const tn_line_search *search, tn_point start, tn_point *found, bool *finite,
                             tn_error *error);

#endif
