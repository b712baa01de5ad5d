using System.Globalization;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>The major numbers of <c>/proc/devices</c>: which driver answers behind a device node.</summary>
public sealed class CharacterDevices
{
    private readonly Dictionary<string, int> _majors = new(StringComparer.Ordinal);

    /// <param name="text">Null where the file cannot be read: nothing is known then.</param>
    public CharacterDevices(string? text)
    {
        foreach (var line in (text ?? "").Split('\n'))
        {
            if (line.StartsWith("Block devices", StringComparison.Ordinal))
            {
                break;
            }

            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 2 && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major))
            {
                _majors[words[1]] = major;
            }
        }
    }

    /// <summary>Of the GPUs and nvidiactl; the driver was called nvidia-frontend until 545.</summary>
    public int? Gpus => Find("nvidia") ?? Find("nvidia-frontend");

    public int? UnifiedMemory => Find("nvidia-uvm");

    public int? Capabilities => Find("nvidia-caps");

    private int? Find(string driver) => _majors.TryGetValue(driver, out var major) ? major : null;
}
