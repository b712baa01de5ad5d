using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// Finds a GPU's nodes for direct rendering, <c>dri/card1</c> and <c>dri/renderD128</c>. The numbers in these names are not the
/// GPU's, so the kernel is asked by the GPU's PCI address, and the numbers of each node are compared with its answer.
/// </summary>
internal sealed class RenderNodeSearch(NodeFileOptions options)
{
    private const string Folder = "dri/";

    // The size of a page, which no file of sysfs exceeds.
    private const int MostBytes = 4096;

    private static readonly string[] Prefixes = ["card", "renderD"];

    /// <summary>
    /// Adds those that exist: without the module nvidia-drm there are none, and most programs do not need them. MIG instances get
    /// none, because they would share the GPU's node.
    /// </summary>
    /// <returns>Why the GPU must not be handed out; null when nothing is wrong.</returns>
    public string? AddNodes(GpuDevice gpu, ImmutableArray<string>.Builder nodes)
    {
        if (!options.RenderNodes || gpu.Mig is not null || gpu.PciBusId is not { } address)
        {
            return null;
        }

        var folder = Path.Combine(options.SysRoot, "bus", "pci", "devices", address, "drm");
        foreach (var name in ListNames(folder))
        {
            var path = Path.Combine(options.DevRoot, Folder + name);
            if (FileStatus.Read(path) is not { } node)
            {
                continue;
            }

            if (ReadNumbers(Path.Combine(folder, name, "dev")) is not { } numbers)
            {
                return $"the kernel does not say which node \"{name}\" of the GPU is (\"{folder}/{name}/dev\")";
            }

            if (!node.IsCharacterDevice || (node.Major, node.Minor) != numbers)
            {
                return $"\"{path}\" is not the GPU's node for rendering, which has the numbers {numbers.Major}:{numbers.Minor} "
                    + $"(\"{folder}/{name}/dev\"); remove it and run \"udevadm trigger --subsystem-match=drm\" as root, which creates "
                    + "the right one";
            }

            nodes.Add(Folder + name);
        }

        return null;
    }

    private static string[] ListNames(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).Where(IsNode)
                .Order(StringComparer.Ordinal).ToArray();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // The folder also has a link for each connector, such as card1-HDMI-A-1.
    private static bool IsNode(string name)
    {
        foreach (var prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && IsNumber(name.AsSpan(prefix.Length), out _))
            {
                return true;
            }
        }

        return false;
    }

    private static (int Major, int Minor)? ReadNumbers(string path)
    {
        try
        {
            var parts = Encoding.ASCII.GetString(PlainFile.Read(path, MostBytes)).Trim().Split(':');
            return parts.Length == 2 && IsNumber(parts[0], out var major) && IsNumber(parts[1], out var minor)
                ? (major, minor)
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsNumber(ReadOnlySpan<char> text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
