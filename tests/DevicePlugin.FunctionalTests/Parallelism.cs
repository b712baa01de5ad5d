// For fixtures marked [Parallelizable]: docs/building.md says which. They mostly wait, so there are more of them than processors.
[assembly: LevelOfParallelism(4)]
