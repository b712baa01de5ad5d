using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// Modules of the X server. They have the same paths in the task, because the driver's X configuration names their folder
/// (nvidia-container-toolkit internal/discover/graphics.go).
/// </summary>
internal static class DisplayModules
{
    private static readonly string[] Modules =
        ["nvidia/xorg", "xorg/modules/drivers", "xorg/modules/extensions", "xorg/modules/updates/drivers", "xorg/modules/updates/extensions"];

    /// <summary>Below the driver's root.</summary>
    public static readonly string[] Folders =
        [.. DriverFileSearch.LibraryFolders.SelectMany(folder => Modules.Select(module => $"{folder}/{module}"))];

    public static IEnumerable<ReservedMount> Find(string driverRoot, string version)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in Folders)
        {
            foreach (var name in (string[])["nvidia_drv.so", $"libglxserver_nvidia.so.{version}", "libglxserver_nvidia.so"])
            {
                if (LinkResolver.Resolve(driverRoot, Path.Combine(driverRoot, folder, name)) is { } file && found.Add(name))
                {
                    yield return new ReservedMount(file, $"/{folder}/{name}", IsReadOnly: true);
                }
            }
        }
    }
}
