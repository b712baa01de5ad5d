namespace DevicePlugin.Benchmarks;

/// <summary>In KiB, from smaps_rollup; a page that several processes map counts in Pss by its share.</summary>
/// <param name="Private">Pages that no other process maps.</param>
/// <param name="Processor">Processor time since the launch.</param>
internal sealed record MemoryFigures(long Rss, long Pss, long Private, TimeSpan Processor);
