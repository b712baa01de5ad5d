using DevicePlugin.Gpu;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>What the node's files tell about a driver that NVML refuses; null when they tell nothing.</summary>
internal static class DriverHint
{
    private const string ModuleMarker = "Kernel Module";

    public static string? For(DriverState state, NvmlOptions options) => state switch
    {
        DriverState.NotLoaded or DriverState.NoPermission => DescribeControlNode(options),
        DriverState.VersionMismatch => DescribeModule(options),
        _ => null,
    };

    /// <summary>From <c>NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.105.08  ...</c>.</summary>
    internal static string? ModuleVersion(string text)
    {
        var at = text.IndexOf(ModuleMarker, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        // The open kernel modules put "for x86_64" between.
        return text[(at + ModuleMarker.Length)..].Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault(word => char.IsAsciiDigit(word[0]) && word.Contains('.'));
    }

    private static string? DescribeControlNode(NvmlOptions options)
    {
        var node = Path.Combine(options.DevRoot, "nvidiactl");
        return OperatingSystem.IsWindows() || File.Exists(node) ? null : $"there is no {node}";
    }

    private static string? DescribeModule(NvmlOptions options)
    {
        var text = TextFile.TryRead(Path.Combine(options.ProcRoot, "driver", "nvidia", "version"));
        return text is not null && ModuleVersion(text) is { } version ? $"the kernel module is {version}" : null;
    }
}
