using DevicePlugin.Gpu.Reservations;
using static DevicePlugin.Gpu.Reservations.DriverCapabilities;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <param name="Folder">Of the file, below one of the folders where the driver's package may put it.</param>
/// <param name="Pattern">Of its name.</param>
/// <param name="TaskRoot">The folder in which loaders look for it.</param>
/// <param name="Of">What needs it.</param>
internal sealed record SettingsFile(string Folder, string Pattern, string TaskRoot, DriverCapabilities Of);

/// <summary>
/// Files of the driver, other than libraries, that loaders expect in fixed folders of the task, wherever the driver's package
/// has put them (nvidia-container-toolkit internal/discover/graphics.go).
/// </summary>
internal static class DriverSettings
{
    private static readonly string[] Roots = ["etc", "usr/local/share", "usr/share"];

    private static readonly SettingsFile[] Files =
    [
        new("OpenCL/vendors", "nvidia.icd", "/etc", Compute),
        new("vulkan/icd.d", "nvidia_icd.json", "/etc", Graphics),
        new("vulkan/icd.d", "nvidia_icd.x86_64.json", "/etc", Graphics),
        new("vulkan/icd.d", "nvidia_icd.aarch64.json", "/etc", Graphics),
        new("vulkan/icd.d", "nvidia_layers.json", "/etc", Graphics),
        new("vulkan/implicit_layer.d", "nvidia_layers.json", "/etc", Graphics),
        new("glvnd/egl_vendor.d", "*_nvidia.json", "/usr/share", Graphics),
        new("egl/egl_external_platform.d", "*_nvidia_*.json", "/usr/share", Graphics),
        new("nvidia", "nvoptix.bin", "/usr/share", Graphics),
        new("X11/xorg.conf.d", "10-nvidia.conf", "/usr/share", Display),
        new("X11/xorg.conf.d", "nvidia-drm-outputclass.conf", "/usr/share", Display),
    ];

    /// <summary>Folders below the driver's root in which such files may appear or disappear.</summary>
    public static IEnumerable<string> FoldersOf(DriverCapabilities wanted) => Roots.SelectMany(root => Files
        .Where(file => (file.Of & wanted) != 0).Select(file => $"{root}/{file.Folder}").Distinct(StringComparer.Ordinal));

    /// <summary>If two files have the same path in the task, the first one counts.</summary>
    /// <param name="driverRoot">Below which they are.</param>
    /// <param name="wanted">What they are for.</param>
    /// <param name="skip">Called for each dangling symlink.</param>
    public static IEnumerable<ReservedMount> Find(string driverRoot, DriverCapabilities wanted, Action skip)
    {
        foreach (var file in Files.Where(file => (file.Of & wanted) != 0))
        {
            foreach (var path in Roots.SelectMany(root => List(Path.Combine(driverRoot, root, file.Folder), file.Pattern)))
            {
                if (LinkResolver.Resolve(driverRoot, path) is { } target)
                {
                    yield return new ReservedMount(target, $"{file.TaskRoot}/{file.Folder}/{Path.GetFileName(path)}", IsReadOnly: true);
                }
                else
                {
                    skip();
                }
            }
        }
    }

    private static string[] List(string folder, string pattern)
    {
        try
        {
            var paths = Directory.GetFiles(folder, pattern);
            Array.Sort(paths, StringComparer.Ordinal);
            return paths;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
