using System.Text;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Cdi;

namespace DevicePlugin.Doctor.Checks;

/// <summary>A CDI spec of GPUs as doctor finds it, the plugin's or another program's.</summary>
/// <param name="Path">On the node.</param>
/// <param name="Text">What could be read of it.</param>
/// <param name="Content">What it defines.</param>
internal sealed record SeenCdiSpec(string Path, string Text, CdiSpecContent Content)
{
    private static readonly string[] Libraries = ["libnvidia-ml.so.", "libcuda.so."];

    public string Folder => System.IO.Path.GetDirectoryName(Path)!;

    /// <summary>By the rule of the plugin itself: its name, its folder and one of its kinds.</summary>
    public bool IsOwnOf(Examination node) => Path == OwnPathOf(node) && Content.Problem is null;

    public static string OwnPathOf(Examination node) => $"{node.Config.Reserve.CdiSpecDir.TrimEnd('/')}/nomad-device-gpu.json";

    public static IReadOnlyList<SeenCdiSpec> All(Examination node) =>
        [.. Folders(node)
            .SelectMany(folder => node.Files.List(folder).Select(name => $"{folder.TrimEnd('/')}/{name}"))
            .Where(path => System.IO.Path.GetExtension(path) is ".json" or ".yaml")
            .Where(path => !CdiFolders.IsOwnElsewhere(node.Files.Locate(path), node.Files.Locate(OwnPathOf(node))))
            .Select(path => Read(node, path))
            .Where(spec => spec.Content.Kind is CdiNames.Kind or CdiNames.OwnKind)];

    public static IEnumerable<string> Folders(Examination node) =>
        CdiFolders.With(CdiFolders.Standard, node.Config.Reserve.CdiSpecDir);

    /// <summary>The driver's version in the name of one of its libraries; the bare <c>.so.1</c> is none.</summary>
    public string? FindVersion()
    {
        foreach (var library in Libraries)
        {
            for (var at = Text.IndexOf(library, StringComparison.Ordinal); at >= 0;
                at = Text.IndexOf(library, at + 1, StringComparison.Ordinal))
            {
                var end = at + library.Length;
                while (end < Text.Length && (char.IsAsciiDigit(Text[end]) || Text[end] == '.'))
                {
                    end++;
                }

                var version = Text[(at + library.Length)..end];
                if (version.Contains('.'))
                {
                    return version;
                }
            }
        }

        return null;
    }

    private static SeenCdiSpec Read(Examination node, string path)
    {
        var content = CdiSpecReader.Read(node.Files.Locate(path), out var text);
        return new SeenCdiSpec(path, Encoding.UTF8.GetString(text.Span), content);
    }
}
