/* Clusters of neurons in feature space, and how well clusters agree with known types. */
#ifndef OM_CLUSTERING_H
#define OM_CLUSTERING_H

#include "points.h"
#include "watch.h"

/* ---- Finding clusters --------------------------------------------------------------------------------------- */

/* Clusters of points around k centres.
 *   label [n] receives the cluster of every point, 0 to k-1
 * Start: greedy k-means++ (Arthur and Vassilvitskii, SODA 2007), a function of the seed alone; then Lloyd's
 * iterations until no label changes, or the centres move less than 1e-4 of the mean variance, at most 300.
 * Clusters may be empty, as they must be where fewer than k points are different.
 *   watch asked at every iteration; may be NULL
 * Errors: TN_EINVAL k < 1 or fewer points than clusters; TN_ENOMEM; that of watch. */
tn_status om_kmeans(int32_t *label, const om_points *points, int k, uint64_t seed, const om_watch *watch,
                    tn_error *error);

typedef struct om_mixture_options {
    int components;
    double regularisation; /* added to the diagonal of every covariance */
    double tolerance;      /* stop when the mean log likelihood per point changes by less */
    int iterations;        /* at most */
    const om_watch *watch; /* asked at every iteration; may be NULL */
} om_mixture_options;

#define OM_MIXTURE_DEFAULTS                                                                                            \
    ((om_mixture_options){.components = 100, .regularisation = 1e-6, .tolerance = 1e-3, .iterations = 100})

typedef struct om_mixture_report {
    double log_likelihood; /* mean per point, of the last iteration */
    int iterations;
    bool converged;
} om_mixture_report;

/* Fits a mixture of Gaussians with full covariances by expectation maximisation.
 *   label [n]  on entry the clusters to start from, 0 to components-1; on return the most probable component of
 *              every point, the first of equals
 * Where a covariance plus regularisation is not positive definite in double precision, its diagonal grows tenfold
 * until it is. The same bits on any number of threads.
 * Errors: TN_EINVAL no points, options out of range or a label out of range; TN_ENUMERIC a covariance overflows;
 * TN_ENOMEM; that of the watch.
 * Cost: components n features^2 flop per iteration, and as many exponentials as components times points.
 * Source: Dempster, Laird and Rubin, J. R. Statist. Soc. B 39 (1977) 1; convergence and defaults as in scikit-learn's
 * GaussianMixture. */
tn_status om_mixture_fit(int32_t *label, const om_points *points, const om_mixture_options *options,
                         om_mixture_report *report, tn_error *error);

/* Clusters x [n, features]: a mixture of Gaussians that starts from k-means. report may be NULL.
 * Errors: those of om_points_new, om_kmeans and om_mixture_fit. */
tn_status om_cluster(int32_t *label, const double *x, int64_t n, int features, const om_mixture_options *options,
                     uint64_t seed, om_mixture_report *report, tn_error *error);

/* ---- Comparing with types ----------------------------------------------------------------------------------- */

/* The one-to-one matching of rows to columns with the largest sum of benefits.
 *   benefit [rows, cols], finite
 *   column_of_row [rows] receives the column of each row; -1 for the rows left over when there are more rows
 * Errors: TN_EINVAL a negative size, or a benefit that is not finite; TN_ENOMEM.
 * Cost: min^2 max operations. Source: Jonker and Volgenant, Computing 38 (1987) 325, shortest augmenting paths. */
tn_status om_assign(int32_t *column_of_row, const double *benefit, int rows, int cols, tn_error *error);

/* Agreement of clusters and types of the same points. */
typedef struct om_agreement {
    double accuracy; /* points in a cluster that is matched to their type / points; clusters matched one to one */
    double ari;      /* adjusted Rand index: Hubert and Arabie, Journal of Classification 2 (1985) 193 */
    double nmi;      /* mutual information / arithmetic mean of the entropies */
} om_agreement;

/* cluster, type [n], each >= 0. Two equal partitions without any division (one class only, or every point alone)
 * agree: ari 1; nmi is 1 for one class on both sides. Without points all three are NaN.
 * Errors: TN_EINVAL a negative label; TN_ENOMEM. */
tn_status om_agree(om_agreement *agreement, const int32_t *cluster, const int32_t *type, int64_t n, tn_error *error);

#endif
