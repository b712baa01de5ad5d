using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>The loaded driver's libraries and tools, ready to be mounted.</summary>
public sealed record DriverFiles(ImmutableArray<ReservedMount> Mounts)
{
    /// <summary>
    /// Those of the mounts that are a second name of another one. What can create links in a task does not need to mount these.
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

/// <param name="TaskPath">Of the link.</param>
/// <param name="Target">Relative to the link's folder.</param>
public sealed record FileLink(string TaskPath, string Target);
