using System.Collections.Immutable;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>A node that a device needs and that is not there.</summary>
/// <param name="Name">Below the folder of the nodes.</param>
/// <param name="Arguments">With which nvidia-modprobe makes it.</param>
internal sealed record MissingNode(string Name, ImmutableArray<string> Arguments);
