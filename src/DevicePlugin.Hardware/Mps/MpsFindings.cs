namespace DevicePlugin.Hardware.Mps;

/// <summary>
/// What came out of seeing to MPS: which GPUs were, why some cannot be shared by it, the first reason of each, and modes
/// that were set.
/// </summary>
internal sealed class MpsFindings
{
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _modes = new(StringComparer.Ordinal);

    public string? Find(string uuid) => _texts.GetValueOrDefault(uuid);

    public void Add(string uuid, string text) => _texts.TryAdd(uuid, text);

    public bool HasSeen(string uuid) => _seen.Contains(uuid);

    public void NoteSeen(MpsBlock block) => _seen.UnionWith(block.Gpus.Select(gpu => gpu.Uuid));

    /// <summary>The compute mode that a GPU has by now; null when it was not changed.</summary>
    public string? FindMode(string uuid) => _modes.GetValueOrDefault(uuid);

    public void NoteMode(string uuid, string mode) => _modes[uuid] = mode;

    public void Add(MpsBlock block, string text)
    {
        foreach (var gpu in block.Gpus)
        {
            Add(gpu.Uuid, $"{block}: {text}");
        }
    }
}
