using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Inventories;

namespace DevicePlugin.Hardware.Nvml;

/// <content>Which GPU it is, and how it is described.</content>
internal sealed partial class NvmlGpu
{
    private GpuDevice Describe(MigDevice device, GpuDevice parent)
    {
        var instance = device.Describe(parent);
        if (!device.HasName)
        {
            TellBrokenName(device.Uuid, instance.Name);
        }

        return instance;
    }

    /// <summary>Before anything else, and each on its own, so that a GPU whose readings hang has its group and its address.</summary>
    private void Identify()
    {
        var reader = new GpuIdentityReader(_query);
        reader.Read(_identity, Kernel?.Model, identity =>
        {
            _identity = identity;
            return !IsHidden(identity);
        });
        _mustIdentify = reader.IsIncomplete || IsHidden(_identity);
        if (_refresh.IsLate && Devices.IsEmpty)
        {
            // It can be listed in its group before the rest has been read.
            _hub.Nudge();
        }

        if (reader.HasBrokenName)
        {
            TellBrokenName(Uuid, _identity.Name!);
        }
    }

    private void TellBrokenName(string uuid, string name)
    {
        if (_brokenNamesTold.Add(uuid))
        {
            _logger.NameIsNoText(_query.Api.Device.Name.Name, _session.Status.Version ?? "unknown", uuid, name);
        }
    }

    private bool IsHidden(GpuIdentity identity) =>
        _options.Hidden != DeviceFilter.None && _options.Hidden.Hides(Describe(identity, []));

    private string? NameOf(GpuIdentity identity) => identity.Name ?? Kernel?.Model;

    /// <summary>
    /// Everything that was read once. What a sick GPU, or one that was closed to this process, called unsupported says nothing
    /// about it now, and what was read before it was out of reach may be another one's: it may have come back elsewhere, with
    /// other links and instances.
    /// </summary>
    private void Drop()
    {
        Losses++;
        _query.Plan.Forget();
        _mustIdentify = true;
        _board = null;
        _mig = new MigLayout(_query, Uuid);
        _migSampler?.Dispose();
        _migSampler = null;
        _sampler = null;
    }

    private void Forget()
    {
        _query.Plan.Forget();
        _sampler?.Forget();
    }

    private GpuDevice Describe(GpuIdentity identity, ImmutableArray<DeviceFault> faults) => new()
    {
        Uuid = Uuid,
        Name = NameOf(identity) ?? "",
        Index = Index,
        PciBusId = identity.PciBusId ?? Kernel?.PciBusId,
        MinorNumber = identity.MinorNumber,
        Facts = _board is { } board ? _modes.Apply(board.Facts) with { MigMode = _mig.Mode } : GpuFacts.None,
        Faults = faults,
        RecoveryNeeded = _modes.Seen.RecoveryNeeded,
        Notice = _modes.Notice,
        NvLinksSeenUp = _modes.LinksSeenUp,
        Unmonitored = _events.Problem,
    };
}
