namespace DevicePlugin.Benchmarks.Sharing;

/// <summary>What sharing costs, as the host sees it.</summary>
/// <param name="Devices">What Nomad is offered, replicas each for itself.</param>
/// <param name="Fingerprint">From the call to the first message.</param>
/// <param name="FingerprintBytes">Size of that message.</param>
/// <param name="Sample">From the call to the first sample, median.</param>
/// <param name="SampleBytes">Size of one sample.</param>
/// <param name="Processor">The plugin's processor time for one sample.</param>
/// <param name="Reserve">Round trip of a reservation of <see cref="SharingMeasurement.Reserved"/> devices, median.</param>
internal sealed record SharingFigures(
    int Devices, TimeSpan Fingerprint, int FingerprintBytes, TimeSpan Sample, int SampleBytes, TimeSpan Processor,
    TimeSpan Reserve);
