namespace DevicePlugin.StatusPage;

/// <summary>What a page is to show: an event of the stream each, written once for all pages.</summary>
/// <param name="StateVersion">Counts the states.</param>
/// <param name="State">The node, its devices and what happened; changes rarely.</param>
/// <param name="SampleVersion">Counts the samples.</param>
/// <param name="Sample">The readings; null before the first.</param>
internal sealed record StatusFrame(
    long StateVersion, Lazy<byte[]> State, long SampleVersion, Lazy<byte[]>? Sample);
