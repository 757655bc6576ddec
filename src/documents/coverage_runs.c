/* Runs of record numbers: a list, and the union of all that was put into it. */
#include "coverage_runs.h"

#include <stdlib.h>

#include "tconnectsync/base/memory.h"

void run_list_add(struct run_list *list, const struct coverage_run *run)
{
    if (run->first > run->last)
        return;
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->items = xreallocarray(list->items, list->capacity, sizeof *list->items);
    }
    list->items[list->count++] = *run;
}

/* Where a run begins, or right behind its end. */
struct edge {
    int64_t at, day;
    int32_t group;
    unsigned features;
    bool begins;
};

static int compare_edges(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->day > b->day) - (a->day < b->day);
}

static struct edge *list_edges(const struct run_list *list)
{
    struct edge *edges = xcalloc(list->count * 2 + 1, sizeof *edges);
    for (size_t i = 0; i < list->count; i++) {
        const struct coverage_run *run = &list->items[i];
        edges[2 * i] = (struct edge){run->first, run->day, run->group, run->features, true};
        edges[2 * i + 1] = (struct edge){run->last + 1, run->day, run->group, run->features, false};
    }
    if (list->count > 0)
        qsort(edges, list->count * 2, sizeof *edges, compare_edges);
    return edges;
}

/* Puts a piece behind the others, or makes the last one longer. */
static void append_piece(struct run_list *list, const struct coverage_run *piece)
{
    struct coverage_run *last = list->count ? &list->items[list->count - 1] : NULL;
    if (last && last->group == piece->group && last->last + 1 == piece->first &&
        last->features == piece->features && last->day == piece->day)
        last->last = piece->last;
    else
        run_list_add(list, piece);
}

/* How many runs cover the present number, by feature. */
struct cover {
    unsigned runs, by_feature[FEATURE_COUNT];
    int64_t day; /* of the run that began last */
};

static void pass_edge(struct cover *cover, const struct edge *edge)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (edge->features >> i & 1)
            cover->by_feature[i] += edge->begins ? 1u : -1u;
    cover->runs += edge->begins ? 1u : -1u;
    if (edge->begins)
        cover->day = edge->day;
}

static unsigned covered_features(const struct cover *cover)
{
    unsigned features = 0;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        features |= cover->by_feature[i] ? 1u << i : 0;
    return features;
}

void run_list_unite(struct run_list *list)
{
    struct edge *edges = list_edges(list);
    const size_t count = list->count * 2;
    struct run_list united = {0};
    struct cover cover = {0};
    for (size_t i = 0; i < count; i++) {
        if (cover.runs > 0 && edges[i].at > edges[i - 1].at)
            append_piece(&united, &(struct coverage_run){.day = cover.day,
                                                         .first = edges[i - 1].at,
                                                         .last = edges[i].at - 1,
                                                         .group = edges[i].group,
                                                         .features = covered_features(&cover)});
        pass_edge(&cover, &edges[i]);
    }
    free(edges);
    free(list->items);
    *list = united;
}

void run_list_drop_before(struct run_list *list, int64_t day)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].day >= day)
            list->items[kept++] = list->items[i];
    list->count = kept;
}
