using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Reads the facts that cannot change while the driver stays loaded and the GPU stays on the bus.</summary>
internal sealed class GpuBoardReader(DeviceQuery query, NvmlOptions options)
{
    // NVML_NVLINK_MAX_LINKS since header 13.3; INVALID_ARGUMENT ends the search earlier.
    private const uint MaxNvLinks = 36;

    // NVML_NVLINK_CAP_VALID.
    private const uint LinkIsSupported = 5;

    private readonly DeviceFunctions _device = query.Api.Device;

    public GpuBoard Read(string? pciBusId)
    {
        var fields = ReadFields();
        var (links, version) = ReadNvLinks(fields);
        var (memory, isUnified) = ReadMemory();
        var limits = fields.Wants(FieldId.PowerMin) && fields.Wants(FieldId.PowerMax)
            ? (Min: fields.GetWatts(FieldId.PowerMin), Max: fields.GetWatts(FieldId.PowerMax))
            : ReadPowerLimits();
        var facts = new GpuFacts
        {
            MemoryMiB = memory,
            MemoryIsUnified = isUnified,
            Bar1MiB = query.Get<Bar1MemoryInfo>(_device.Bar1MemoryInfo) is { } bar1 ? bar1.Total.ToMiB() : null,
            MemoryBusWidthBits = query.GetInt(_device.MemoryBusWidth),
            PowerDefaultWatts = fields.GetWatts(FieldId.PowerDefault) ?? query.GetWatts(_device.PowerDefaultLimit),
            PowerMinWatts = limits.Min,
            PowerMaxWatts = limits.Max,
            MaxGraphicsClockMHz = query.GetInt(_device.MaxClockInfo, ClockType.Graphics),
            MaxSmClockMHz = query.GetInt(_device.MaxClockInfo, ClockType.Sm),
            MaxMemoryClockMHz = query.GetInt(_device.MaxClockInfo, ClockType.Memory),
            MaxVideoClockMHz = query.GetInt(_device.MaxClockInfo, ClockType.Video),
            PcieMaxGeneration = query.GetInt(_device.MaxPcieLinkGeneration),
            PcieMaxWidth = query.GetInt(_device.MaxPcieLinkWidth),
            // Driver 590 and later call the display mode deprecated.
            DisplayEnabled = query.GetBool(_device.DisplayMode) ?? query.GetBool(_device.DisplayActive),
            ComputeCapability = query.GetPair(_device.CudaComputeCapability) is { } capability
                ? new ComputeCapability((int)capability.First, (int)capability.Second)
                : null,
            Architecture = Words.Architecture(query.Get<uint>(_device.Architecture)),
            Brand = Words.Brand(query.Get<uint>(_device.Brand)),
            CudaCores = query.GetInt(_device.NumGpuCores),
            NvLinkCount = links,
            NvLinkVersion = version,
            AddressingMode = Words.AddressingMode(query.Get(
                _device.AddressingMode, new AddressingMode { Version = AddressingMode.Tag })?.Value),
            Virtualization = Words.Virtualization(query.Get<uint>(_device.VirtualizationMode)),
            VbiosVersion = query.GetText(_device.VbiosVersion),
            BoardPartNumber = query.GetText(_device.BoardPartNumber),
            BoardSerial = query.GetText(_device.Serial),
            GspFirmware = ReadGspFirmware(),
            NumaNode = pciBusId is null ? null : PciNumaNode.Read(options.SysfsRoot, pciBusId),
        };
        return new GpuBoard(facts) { InforomCorrupt = ReadInforom() };
    }

    private (long? MiB, bool IsUnified) ReadMemory()
    {
        var info = query.Get(_device.MemoryInfo2, new MemoryInfoV2 { Version = MemoryInfoV2.Tag })?.Total
            ?? query.Get<MemoryInfo>(_device.MemoryInfo)?.Total;
        if (info is { } total)
        {
            return (total.ToMiB(), false);
        }

        // NOT_SUPPORTED is how GB10 and other GPUs without memory of their own answer; another failure says nothing.
        return query.Plan.IsNotSupported(_device.MemoryInfo.Name)
            ? (SystemMemory.Read(options.ProcRoot)?.TotalMiB, true)
            : (null, false);
    }

    private FieldBatch ReadFields()
    {
        var fields = new FieldBatch(query);
        fields.Add(FieldId.PowerMin);
        fields.Add(FieldId.PowerMax);
        fields.Add(FieldId.PowerDefault);
        for (uint link = 0; link < MaxNvLinks; link++)
        {
            fields.Add(FieldId.NvLinkState, link);
            fields.Add(FieldId.NvLinkVersion, link);
        }

        fields.Read();
        return fields;
    }

    private (double? Min, double? Max) ReadPowerLimits() =>
        query.GetPair(_device.PowerLimitConstraints) is { } limits
            ? (limits.First / 1000.0, limits.Second / 1000.0)
            : (null, null);

    private (int? Count, double? Version) ReadNvLinks(FieldBatch fields)
    {
        var states = new List<(uint Link, bool IsUp)>();
        double? version = null;
        for (uint link = 0; link < MaxNvLinks; link++)
        {
            if (fields.GetBool(FieldId.NvLinkState, link) is { } isUp)
            {
                states.Add((link, isUp));
            }

            version ??= fields.GetInt(FieldId.NvLinkVersion, link) is { } code ? Words.NvLinkVersion(code) : null;
        }

        return states.Count == 0 ? ReadNvLinksOneByOne() : Count(states, version);
    }

    /// <summary>For drivers before 520, which have no fields for it.</summary>
    private (int? Count, double? Version) ReadNvLinksOneByOne()
    {
        var states = new List<(uint Link, bool IsUp)>();
        double? version = null;
        for (uint link = 0; link < MaxNvLinks; link++)
        {
            uint state = 0;
            var result = _device.NvLinkState.Call(query.Device, link, ref state);
            if (result == NvmlReturn.InvalidArgument || (link == 0 && result.IsUnsupported()))
            {
                break;
            }

            if (result != NvmlReturn.Success)
            {
                // Fails for the codes that mean more than a link that is not there.
                query.Plan.Accept(_device.NvLinkState.Name, result, link);
                continue;
            }

            states.Add((link, state != 0));
            version ??= query.GetInt(_device.NvLinkVersion, link) is { } code ? Words.NvLinkVersion(code) : null;
        }

        return Count(states, version);
    }

    /// <summary>Some drivers answer "disabled" for the links of a board that has none: then nothing else knows them.</summary>
    private (int? Count, double? Version) Count(List<(uint Link, bool IsUp)> states, double? version) =>
        version is not null || states.Exists(state => state.IsUp || IsSupported(state.Link))
            ? (states.Count, version)
            : (null, null);

    private bool IsSupported(uint link)
    {
        ulong value = 0;
        var function = _device.NvLinkCapability;
        return query.Plan.Wants(function.Name, link)
            && query.Plan.Accept(function.Name, function.Call(query.Device, link, LinkIsSupported, ref value), link)
            && value != 0;
    }

    private string? ReadGspFirmware()
    {
        // The function takes no length and may write 64 bytes; four times as much is given to it.
        var buffer = query.Get<GspVersionBuffer>(_device.GspFirmwareVersion);
        return buffer is { } text ? NvmlText.Read(text) : null;
    }

    private bool? ReadInforom()
    {
        var function = _device.ValidateInforom;
        var result = function.Exists ? function.Call(query.Device) : NvmlReturn.FunctionNotFound;
        return result == NvmlReturn.CorruptedInforom ? true : query.Plan.Accept(function.Name, result) ? false : null;
    }
}
