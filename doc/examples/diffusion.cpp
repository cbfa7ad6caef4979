/* From C++: warmth spreads along the edges of a ring. How much does the warmth of the first place, some steps later,
 * depend on the warmth of each place now? The gradient says it.
 *
 *     c++ -std=c++17 diffusion.cpp $(pkg-config --cflags --libs libtensor) && ./a.out */
#include <tensor.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

template <auto Free> struct deleter {
    template <typename T> void operator()(T *handle) const { Free(handle); }
};
using graph = std::unique_ptr<tn_graph, deleter<tn_graph_free>>;
using plan = std::unique_ptr<tn_plan, deleter<tn_plan_free>>;
using sparsity = std::unique_ptr<tn_sparsity, deleter<tn_sparsity_free>>;
using memory = std::unique_ptr<double, deleter<tn_free>>;

/* Each of n places is joined to its two neighbours. */
static sparsity ring(int32_t n, tn_error *error)
{
    std::vector<int32_t> to, from;
    for (int32_t i = 0; i < n; i++)
        for (int32_t step : {1, n - 1}) {
            to.push_back(i);
            from.push_back((i + step) % n);
        }
    return sparsity(tn_sparsity_from_edges(n, n, 2 * n, to.data(), from.data(), TN_DUPLICATES_REFUSE, nullptr, error));
}

int main()
{
    constexpr int32_t places = 12;
    constexpr int steps = 4;
    tn_error error{};
    sparsity edges = ring(places, &error);
    graph g(tn_graph_new(TN_F64));
    memory now(static_cast<double *>(tn_alloc(places * sizeof(double))));
    if (!edges || !g || !now) return 1;

    /* Each step, half of the warmth stays and a quarter goes to each neighbour. */
    tn_node *start = tn_input(g.get(), "start", TN_F64, TN_SHAPE(places)), *warmth = start, *influence;
    tn_node *quarter = tn_full(g.get(), TN_SHAPE(2 * places), 0.25);
    for (int step = 0; step < steps; step++)
        warmth = tn_add(g.get(), tn_scale(g.get(), warmth, 0.5), tn_spmm(g.get(), edges.get(), quarter, warmth));
    tn_grad(g.get(), tn_sum(g.get(), tn_slice(g.get(), warmth, 0, 0, 1), TN_ALL, false), 1, &start, &influence);
    tn_output(g.get(), "influence", influence);

    plan p(tn_plan_new(g.get(), 0, &error));
    if (!p || tn_bind(p.get(), "start", now.get(), &error) || tn_run(p.get(), &error)) {
        std::fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    auto found = static_cast<const double *>(tn_result(p.get(), "influence"));
    double sum = 0;
    for (int i = 0; i < places; i++) {
        std::printf("place %2d: %.6f\n", i, found[i]);
        sum += found[i];
    }
    return std::fabs(sum - 1) < 1e-12 ? 0 : 1; /* warmth is not lost */
}
