namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>What a plugin costs on the mock's node as a process that Nomad runs; all GPUs together.</summary>
/// <param name="Serving">From the launch to the first inventory and statistics.</param>
/// <param name="StartCalls">NVML calls until then.</param>
/// <param name="Between">From one sample to the next; 1 s was asked for.</param>
/// <param name="Calls">NVML calls a sample; what the refreshes of that time cost is in it.</param>
/// <param name="Processor">Processor time a sample, the mock's own in it.</param>
/// <param name="Values">Statistics of one device that have a value.</param>
internal sealed record PluginFigures(
    TimeSpan Serving, long StartCalls, TimeSpan Between, double Calls, TimeSpan Processor, int Values);
