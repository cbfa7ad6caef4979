/* course.h - how learning rates and coefficients change with the step, as the configuration has it. */
#ifndef OM_COURSE_H
#define OM_COURSE_H

#include "common/configuration.h"
#include "models.h"

/* The epoch of a step: epochs are equal parts of all steps, both counted from 0. */
int64_t om_course_epoch(const om_config *config, int64_t step);

/* Steps of the cosine, or between two drops; all steps, unless the configuration says otherwise. */
int64_t om_course_length(const om_config *config);

/* The learning rate of each group of parameters at a step. */
void om_course_rates(const om_config *config, int64_t step, double rate[OM_GROUPS]);

/* The factor of each term of the loss at a step. */
void om_course_coefficients(const om_config *config, int64_t step, float coefficient[OM_COEFFICIENTS]);

#endif
