using System.Globalization;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>
/// Which links are down that belong up. A board may have links that lead nowhere, so a link belongs up when it was
/// seen up, and every link does when the GPU is in a switched fabric.
/// </summary>
internal sealed class NvLinkWatch(int links)
{
    private readonly bool[] _wasUp = new bool[links];
    private readonly bool?[] _isUp = new bool?[links];

    public int Count => links;

    public void AddTo(FieldBatch fields)
    {
        for (uint link = 0; link < links; link++)
        {
            fields.Add(FieldId.NvLinkState, link);
        }
    }

    public void Update(FieldBatch fields)
    {
        for (var link = 0; link < links; link++)
        {
            _isUp[link] = fields.GetBool(FieldId.NvLinkState, (uint)link);
            _wasUp[link] |= _isUp[link] == true;
        }
    }

    /// <summary>Null when all is well.</summary>
    public string? Problem(bool inFabric)
    {
        var down = Enumerable.Range(0, links)
            .Where(link => _isUp[link] == false && (_wasUp[link] || inFabric))
            .Select(link => link.ToString(CultureInfo.InvariantCulture))
            .ToList();
        return down.Count == 0
            ? null
            : $"NVML shows NVLink {string.Join(", ", down)} down (field {FieldId.NvLinkState}).";
    }
}
