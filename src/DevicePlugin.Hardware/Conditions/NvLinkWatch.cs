using System.Collections.Immutable;
using System.Globalization;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.Hardware.Conditions;

/// <summary>
/// Which links are down that should be up. A board may have unconnected links, so a link should be up when it was
/// seen up before, and every link should be when the GPU is in a switched fabric.
/// </summary>
internal sealed class NvLinkWatch(ulong seenUp)
{
    private ImmutableArray<bool?> _isUp = [];
    private bool _inFabric;

    /// <summary>As <see cref="DevicePlugin.Gpu.GpuDevice.NvLinksSeenUp"/>.</summary>
    public ulong SeenUp { get; private set; } = seenUp;

    public void Update(ImmutableArray<bool?> isUp, bool inFabric)
    {
        for (var link = 0; link < isUp.Length; link++)
        {
            SeenUp |= isUp[link] == true ? 1UL << link : 0;
        }

        (_isUp, _inFabric) = (isUp, inFabric);
    }

    /// <summary>Null when all is well.</summary>
    public string? Problem
    {
        get
        {
            var down = Enumerable.Range(0, _isUp.Length)
                .Where(link => _isUp[link] == false && ((SeenUp & (1UL << link)) != 0 || _inFabric))
                .Select(link => link.ToString(CultureInfo.InvariantCulture))
                .ToList();
            return down.Count == 0
                ? null
                : $"NVML shows NVLink {string.Join(", ", down)} down (field {FieldId.NvLinkState}).";
        }
    }
}
