namespace DevicePlugin.Hardware.Mps;

/// <summary>Why GPUs cannot be shared by MPS at the moment, the first reason of each.</summary>
internal sealed class MpsProblems
{
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    public string? Find(string uuid) => _texts.GetValueOrDefault(uuid);

    public void Add(string uuid, string text) => _texts.TryAdd(uuid, text);

    public void Add(MpsBlock block, string text)
    {
        foreach (var gpu in block.Gpus)
        {
            Add(gpu.Uuid, $"{block}: {text}");
        }
    }
}
