// Each proof takes the whole machine, and is judged by the clock.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
