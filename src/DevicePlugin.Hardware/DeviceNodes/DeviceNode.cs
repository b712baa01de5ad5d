namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>A device node as the kernel has it; no device is opened for it.</summary>
/// <param name="Path">Its path on the node.</param>
/// <param name="IsCharacterDevice">False: something else lies where the node should be.</param>
/// <param name="Major">The number of the driver, which <c>/proc/devices</c> names.</param>
/// <param name="Minor">The number of the device in its driver.</param>
/// <param name="IsOpen">Whether this user may read and write it.</param>
public sealed record DeviceNode(string Path, bool IsCharacterDevice, int Major, int Minor, bool IsOpen);
