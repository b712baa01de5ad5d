using System.Collections.Immutable;

namespace DevicePlugin.Hardware.Cdi;

/// <summary>Whether a spec file is kept, and where.</summary>
public sealed record CdiOptions
{
    /// <summary>False: one that an earlier configuration left is removed.</summary>
    public bool IsWanted { get; init; }

    public string SpecFolder { get; init; } = "/var/run/cdi";

    /// <summary>Where else runtimes look for specs.</summary>
    public ImmutableArray<string> Folders { get; init; } = CdiFolders.Standard;

    /// <summary>
    /// Whether the plugin replaces and removes its spec even if no record says that it wrote it; earlier versions kept no record.
    /// False for simulated GPUs, because a real plugin may run on the same node.
    /// </summary>
    public bool OwnsUnrecorded { get; init; } = true;

    /// <summary>Keeps the spec's kind over restarts; null: nothing does.</summary>
    public string? ChoicePath { get; init; }

    /// <summary>
    /// NVIDIA's program for hooks, which makes an image's loader find the mounted libraries. Where it is not installed the
    /// spec has no hook, and a task sets <c>LD_LIBRARY_PATH</c>.
    /// </summary>
    public string HookProgram { get; init; } = "/usr/bin/nvidia-cdi-hook";
}
