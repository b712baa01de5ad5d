namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// The settings in <c>config.toml</c> of NVIDIA's container toolkit that decide which devices a container gets. Reads only the forms
/// of TOML that the toolkit writes. A missing key has the toolkit's default (nvidia-container-toolkit, api/config/v1).
/// </summary>
internal sealed class ToolkitSettings
{
    public const string FilePath = "/etc/nvidia-container-runtime/config.toml";
    public const string AcceptVariableKey = "accept-nvidia-visible-devices-envvar-when-unprivileged";
    public const string AcceptMountsKey = "accept-nvidia-visible-devices-as-volume-mounts";
    public const string ModeKey = "nvidia-container-runtime.mode";
    public const string SpecFoldersKey = "nvidia-container-runtime.modes.cdi.spec-dirs";

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private ToolkitSettings(string toml)
    {
        var table = "";
        using var lines = new StringReader(toml);
        while (lines.ReadLine() is { } raw)
        {
            var line = WithoutComment(raw);
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line.StartsWith('['))
            {
                table = line.Trim('[', ']', ' ') + ".";
            }
            else if (equals > 0)
            {
                var value = line[(equals + 1)..].Trim();
                while (value.StartsWith('[') && !value.EndsWith(']') && lines.ReadLine() is { } next)
                {
                    value += WithoutComment(next);
                }

                _values[table + line[..equals].Trim().Trim('"')] = value;
            }
        }
    }

    public bool AcceptsVariable => _values.GetValueOrDefault(AcceptVariableKey, "true") == "true";

    public bool AcceptsMounts => _values.GetValueOrDefault(AcceptMountsKey, "false") == "true";

    public string Mode => _values.GetValueOrDefault(ModeKey, "auto").Trim('"', '\'');

    public IReadOnlyList<string> SpecFolders => _values.TryGetValue(SpecFoldersKey, out var list)
        ? [.. list.Trim('[', ']').Split(',').Select(item => item.Trim(' ', '"', '\'')).Where(item => item.Length > 0)]
        : Hardware.Cdi.CdiFolders.Standard;

    /// <summary>Reads the configuration file. If the file is missing, the toolkit's defaults apply.</summary>
    public static ToolkitSettings Read(Examination node) => new(node.Files.ReadText(FilePath) ?? "");

    private static string WithoutComment(string line) => line.Split('#')[0].Trim();
}
