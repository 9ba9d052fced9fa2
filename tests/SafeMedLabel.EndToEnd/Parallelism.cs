// A browser test waits, for pages, polls and workers, three times as long as it computes.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
