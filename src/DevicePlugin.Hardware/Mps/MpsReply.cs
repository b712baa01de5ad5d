namespace DevicePlugin.Hardware.Mps;

/// <summary>What became of a question to a daemon.</summary>
/// <param name="State">Whether there is one, and it works.</param>
/// <param name="Problem">Empty when it does.</param>
internal sealed record MpsReply(MpsState State, string Problem);
