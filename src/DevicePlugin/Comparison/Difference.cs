namespace DevicePlugin.Comparison;

/// <summary>A value of one GPU that nvidia-smi and the plugin do not agree on.</summary>
/// <param name="gpu">Its PCI address.</param>
/// <param name="path">Where nvidia-smi says it.</param>
/// <param name="smi">What nvidia-smi says, in its own words where it has some.</param>
/// <param name="place">Where the plugin says it.</param>
/// <param name="plugin">What the plugin says; null: nothing.</param>
/// <param name="moves">Whether it changes by itself.</param>
internal sealed class Difference(string gpu, string path, string smi, string place, string? plugin, bool moves)
{
    public string Gpu => gpu;

    public string Field => path;

    public string Smi => smi;

    public string Place => place;

    public string? Plugin => plugin;

    public bool Moves => moves;

    public bool IsOfTheSame(Difference other) => Gpu == other.Gpu && Field == other.Field && Place == other.Place;
}
