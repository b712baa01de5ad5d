using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.Conditions;

/// <summary>
/// Which links are down that should be up. A board may have unconnected links, so a link should be up when it was
/// seen up before, and every link should be when the GPU is in a switched fabric.
/// </summary>
internal sealed class NvLinkWatch
{
    private ImmutableArray<bool?> _isUp = [];
    private bool[] _wasUp = [];
    private bool _inFabric;

    public void Update(ImmutableArray<bool?> isUp, bool inFabric)
    {
        if (_wasUp.Length < isUp.Length)
        {
            Array.Resize(ref _wasUp, isUp.Length);
        }

        for (var link = 0; link < isUp.Length; link++)
        {
            _wasUp[link] |= isUp[link] == true;
        }

        (_isUp, _inFabric) = (isUp, inFabric);
    }

    /// <summary>Null when all is well.</summary>
    public string? Problem
    {
        get
        {
            var down = Enumerable.Range(0, _isUp.Length)
                .Where(link => _isUp[link] == false && (_wasUp[link] || _inFabric))
                .Select(link => link.ToString(CultureInfo.InvariantCulture))
                .ToList();
            return down.Count == 0
                ? null
                : $"NVML shows NVLink {string.Join(", ", down)} down (field {FieldId.NvLinkState}).";
        }
    }
}
