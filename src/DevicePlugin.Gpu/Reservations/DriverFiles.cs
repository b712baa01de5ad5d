using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>The loaded driver's libraries and tools, ready to be mounted.</summary>
public sealed record DriverFiles(ImmutableArray<ReservedMount> Mounts)
{
    /// <summary>
    /// The mounts that only give another mount a second name. Whoever can create links in a task does not need them.
    /// </summary>
    public ImmutableArray<FileLink> Links { get; init; } = [];

    /// <summary>Why they are not complete enough to be of use; null when they are.</summary>
    public string? Problem { get; init; }

    public bool IsLink(ReservedMount mount)
    {
        foreach (var link in Links)
        {
            if (link.TaskPath == mount.TaskPath)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A link in the task.</summary>
/// <param name="TaskPath">Where the link is.</param>
/// <param name="Target">Relative to the link's folder.</param>
public sealed record FileLink(string TaskPath, string Target);
