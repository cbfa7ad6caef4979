/* trainer.h - one training run: steps, schedules, checkpoints, resume. */
#ifndef OM_TRAINER_H
#define OM_TRAINER_H

#include "common/cli.h"
#include "common/evaluation.h"
#include "common/experiment.h"
#include "training/batch.h"
#include "training/step.h"

typedef struct om_trainer {
    om_experiment *experiment; /* borrowed */
    const char *directory;     /* of the run; borrowed */
    char *checkpoint;          /* path */
    char *config;              /* the whole configuration, as text */
    uint64_t circuit;          /* om_experiment_circuit */
    om_step planned;           /* how a step is made */
    unsigned options;          /* of the plan */
    tn_optimizer *optimizer;
    om_batches *batches;
    om_solution solution;      /* in the second part of a joint run; without a stimulus until then */
    om_evaluator *evaluator;   /* NULL: nothing to compare with, or not asked for */
    om_metrics *metrics;
    om_progress *progress;     /* borrowed */
    int64_t step;              /* steps made */
    double seconds;            /* of training before this session */
    double began, saved;       /* clock of this session's start and of the latest checkpoint, seconds */
    int64_t saved_step;        /* that the latest checkpoint of this session is of; -1: none */
    double max_seconds;        /* of this session; 0: no limit */
    om_scores scores;          /* the latest comparison with the truth */
} om_trainer;

/* Prepares a run in directory; with resume, from its checkpoint (resume.h), else a new one in place of any that is
 * there: its first checkpoint is written, and only then those of the other are removed. The trainer is to be closed
 * also after an error.
 *   profile   measure the time of every operation, for om_trainer_print_profile
 * Errors: TN_EINVAL, TN_EFORMAT, TN_EIO, TN_ENOMEM. */
tn_status om_trainer_open(om_trainer *trainer, om_experiment *experiment, const char *directory, bool resume,
                          bool profile, om_progress *progress, tn_error *error);
void om_trainer_close(om_trainer *trainer);

/* Trains until all steps are made, the time is over or a signal asks to stop, and saves.
 * Errors: TN_ENUMERIC the loss is not finite: the message names the node, and the latest checkpoint stays; TN_EIO. */
tn_status om_trainer_run(om_trainer *trainer, tn_error *error);

/* Where the time and the memory of a step went, as tables, with shares of the peak of the machine, which is measured
 * first. */
void om_trainer_print_profile(const om_trainer *trainer, FILE *stream);

#endif
