using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Why a call does not return.</summary>
internal enum HangCause
{
    /// <summary>Its own GPU, where it is about one.</summary>
    Itself,

    /// <summary>The driver hangs, and which GPU is to blame is not known.</summary>
    Driver,

    /// <summary>It waits for the call of another GPU.</summary>
    OtherGpu,

    /// <summary>Not known yet: the call, or the one that it may have waited for, returned a moment ago.</summary>
    Unknown,
}

/// <summary>What is known of why a call does not return.</summary>
/// <param name="Cause">What is to blame.</param>
/// <param name="Suspects">The calls one of which blocks the driver; empty where it is the call itself, or not known.</param>
/// <param name="IsLater">Whether the call began after these; otherwise it is one of them.</param>
internal sealed record HangVerdict(HangCause Cause, IReadOnlyList<string> Suspects, bool IsLater)
{
    public static readonly HangVerdict Alone = new(HangCause.Itself, [], IsLater: false);
    public static readonly HangVerdict Unknown = new(HangCause.Unknown, [], IsLater: false);

    /// <summary>Whether several calls are suspected. Calls of one function share an entry in <see cref="Suspects"/>.</summary>
    public bool AreSeveral { get; init; }

    /// <param name="call">Which call, or what else a thread does, takes too long.</param>
    /// <param name="limit">How long it may take.</param>
    public string Tell(string call, TimeSpan limit) => this switch
    {
        { Suspects: [] } => $"{call} did not return within {limit.TotalSeconds:0.#} s",
        { IsLater: false, AreSeveral: false, Suspects: [var one] } => $"{one} did not return within {limit.TotalSeconds:0.#} s",
        { IsLater: false } =>
            $"{string.Join(", ", Suspects)} did not return within {limit.TotalSeconds:0.#} s, and any of them may block the driver",
        { Suspects: [var one] } =>
            $"{call} did not return within {limit.TotalSeconds:0.#} s, and waits for {one}, which was called before it",
        _ => $"{call} did not return within {limit.TotalSeconds:0.#} s, and waits for one of {string.Join(", ", Suspects)}, which were called before it",
    };
}

/// <summary>A call did not return in time.</summary>
internal sealed class CallHangsException(HangCause cause, string message) : TimeoutException(message)
{
    public HangCause Cause { get; } = cause;

    /// <summary>What it says about the GPU that the call is about.</summary>
    public DeviceFault Fault => new(
        Cause == HangCause.Itself ? DeviceFaultKind.Unresponsive : DeviceFaultKind.DriverUnresponsive, $"{Message}.");
}
