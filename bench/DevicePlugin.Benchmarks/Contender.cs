namespace DevicePlugin.Benchmarks;

/// <param name="Configuration">What is in its config block, in HCL.</param>
/// <param name="Environment">Set for its process, beside what Nomad sets.</param>
internal sealed record Contender(
    FileInfo Executable, string Configuration, IReadOnlyDictionary<string, string> Environment);
