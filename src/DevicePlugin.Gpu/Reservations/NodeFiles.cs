using System.Collections.Immutable;

namespace DevicePlugin.Gpu.Reservations;

/// <summary>
/// The node's files that a reservation can hand out, as they were at one moment. Only what exists is in it.
/// </summary>
public sealed record NodeFiles
{
    public static readonly NodeFiles None = new();

    /// <summary>Where the host has the nodes that a task sees under <c>/dev</c>.</summary>
    public string DevRoot { get; init; } = "/dev";

    /// <summary>Nodes that every GPU needs or may use, by their names below <see cref="DevRoot"/>.</summary>
    public ImmutableArray<string> SharedNodes { get; init; } = [];

    /// <summary>The nodes of single GPUs and MIG instances.</summary>
    public ImmutableArray<DeviceFiles> Devices { get; init; } = [];

    /// <summary>Null where nobody asked for the driver's files.</summary>
    public DriverFiles? Driver { get; init; }

    /// <summary>What the extra nodes need besides.</summary>
    public ImmutableArray<ReservedMount> ExtraMounts { get; init; } = [];

    /// <summary>What the spec of CDI offers; null where nobody keeps one.</summary>
    public CdiState? Cdi { get; init; }

    /// <summary>Folders that the configuration would mount and that are not there.</summary>
    public ImmutableArray<string> MissingFolders { get; init; } = [];

    /// <summary>The same files as if nothing were missing.</summary>
    public NodeFiles WithoutProblems() => this with
    {
        Devices = [.. Devices.Select(device => device with { Problem = null })],
        Driver = Driver is { } driver ? driver with { Problem = null } : null,
        Cdi = null,
        MissingFolders = [],
    };

    public string HostPathOf(string name) => DevRoot.EndsWith('/') ? DevRoot + name : $"{DevRoot}/{name}";

    public DeviceFiles? Find(string uuid)
    {
        foreach (var device in Devices)
        {
            if (device.Uuid == uuid)
            {
                return device;
            }
        }

        return null;
    }
}
