using System.Globalization;
using System.Runtime.InteropServices;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>Who the board is and where it sits: identity, inforom, pci, platform.</summary>
internal static class IdentityCapture
{
    private const string UnknownWord = "unknown";
    private const uint OemObject = 0;
    private const uint EccObject = 1;
    private const uint PowerObject = 2;

    /// <summary>Without the answer the GPU cannot be used, so that it must not replay as one that can.</summary>
    /// <exception cref="NvmlException">There is none.</exception>
    public static void Require(DeviceQuery query, NativeFunction text)
    {
        Span<byte> buffer = stackalloc byte[NvmlText.BufferSize];
        var result = text.CallText(query.Device, buffer);
        if (result != NvmlReturn.Success)
        {
            throw new NvmlException(text.Name, result);
        }
    }

    public static void ReadIdentity(CapturedValues values)
    {
        var query = values.Query;
        var device = query.Api.Device;
        var record = query.Api.Record;
        values.Add(IdentityKeys.Uuid, query.GetText(device.Uuid));
        values.AddText(IdentityKeys.Name, device.Name);
        values.AddText(IdentityKeys.Serial, device.Serial);
        values.AddWord(IdentityKeys.Brand, query.Get<uint>(device.Brand));
        if (query.Get<uint>(device.Architecture) is { } architecture)
        {
            values.Add(IdentityKeys.Architecture, Words.Architecture(architecture) ?? UnknownWord);
        }

        values.Add(IdentityKeys.ComputeCapability, query.GetPair(device.CudaComputeCapability) is { } capability
            ? string.Create(CultureInfo.InvariantCulture, $"{capability.First}.{capability.Second}")
            : null);
        values.AddNumber(IdentityKeys.CudaCores, device.NumGpuCores);
        values.AddNumber(IdentityKeys.MinorNumber, device.MinorNumber);
        values.AddNumber(IdentityKeys.ModuleId, record.ModuleId);
        values.Add(IdentityKeys.BoardId, query.Get<uint>(record.BoardId));
        values.AddText(IdentityKeys.BoardPartNumber, device.BoardPartNumber);
        values.AddFlag(IdentityKeys.MultiGpuBoard, record.MultiGpuBoard);
        values.Add(IdentityKeys.Pdi, query.Get(record.Pdi, new PdiInfo { Version = PdiInfo.Tag }) is { } pdi
            ? string.Create(CultureInfo.InvariantCulture, $"0x{pdi.Value:x16}")
            : null);
        values.AddText(IdentityKeys.VbiosVersion, device.VbiosVersion);
        values.Add(IdentityKeys.GspFirmware, query.Get<GspVersionBuffer>(device.GspFirmwareVersion) is { } text
            ? NvmlText.Read(text)
            : null);
    }

    public static void ReadInforom(CapturedValues values)
    {
        var query = values.Query;
        values.AddText(InforomKeys.Image, query.Api.Record.InforomImageVersion);
        values.Add(InforomKeys.Oem, InforomVersion(query, OemObject));
        values.Add(InforomKeys.Ecc, InforomVersion(query, EccObject));
        values.Add(InforomKeys.Power, InforomVersion(query, PowerObject));

        // Asked without the plan, to which a corrupted InfoROM is the end of the GPU.
        var validate = query.Api.Device.ValidateInforom;
        var result = validate.Exists ? validate.Call(query.Device) : NvmlReturn.FunctionNotFound;
        values.Add(InforomKeys.Valid, result switch
        {
            NvmlReturn.Success => true,
            NvmlReturn.CorruptedInforom => false,
            _ => null,
        });
    }

    public static void ReadPci(CapturedValues values, string sysfsRoot)
    {
        var query = values.Query;
        var device = query.Api.Device;
        var record = query.Api.Record;
        if (query.Get<PciInfo>(device.PciInfo) is { } pci)
        {
            values.Add(PciKeys.BusId, string.Create(
                CultureInfo.InvariantCulture, $"{pci.Domain:X8}:{pci.Bus:X2}:{pci.Device:X2}.0"));
            values.Add(PciKeys.DeviceId, Hex(pci.PciDeviceId));
            values.Add(PciKeys.SubsystemId, Hex(pci.PciSubSystemId));
            values.Add(
                PciKeys.NumaNode,
                GpuIdentityReader.PciBusId(pci) is { } busId ? PciNumaNode.Read(sysfsRoot, busId) : null);
        }

        values.AddNumber(PciKeys.MaxGeneration, device.MaxPcieLinkGeneration);
        values.AddNumber(PciKeys.DeviceMaxGeneration, record.GpuMaxPcieLinkGeneration);
        values.AddNumber(PciKeys.Generation, device.CurrPcieLinkGeneration);
        values.AddNumber(PciKeys.MaxWidth, device.MaxPcieLinkWidth);
        values.AddNumber(PciKeys.Width, device.CurrPcieLinkWidth);
        values.AddNumber(PciKeys.Replays, device.PcieReplayCounter);
        values.AddNumber(PciKeys.TxKBPerSecond, record.PcieThroughput, 0);
        values.AddNumber(PciKeys.RxKBPerSecond, record.PcieThroughput, 1);
    }

    public static unsafe void ReadPlatform(CapturedValues values)
    {
        var query = values.Query;
        var function = query.Api.Record.PlatformInfo;
        if (query.Get(function, new PlatformInfo { Version = PlatformInfo.Tag }) is not { } platform)
        {
            return;
        }

        var serial = MemoryMarshal.CreateReadOnlySpan(ref platform.ChassisSerial[0], 16);
        var guid = MemoryMarshal.CreateReadOnlySpan(ref platform.IbGuid[0], sizeof(ulong));
        values.Add(PlatformKeys.ChassisSerial, NvmlText.Read(serial));
        values.Add(PlatformKeys.Slot, platform.Slot);
        values.Add(PlatformKeys.Tray, platform.Tray);
        values.Add(PlatformKeys.HostId, platform.HostId);
        values.AddWord(PlatformKeys.PeerType, platform.PeerType);
        values.Add(PlatformKeys.ModuleId, platform.ModuleId);

        // Of the sixteen bytes, the first eight are the GUID; the others are for later.
        values.Add(PlatformKeys.FabricGuid, guid.ContainsAnyExcept((byte)0)
            ? $"0x{Convert.ToHexStringLower(guid)}"
            : null);
    }

    private static string? InforomVersion(DeviceQuery query, uint which)
    {
        Span<byte> buffer = stackalloc byte[NvmlText.BufferSize];
        var function = query.Api.Record.InforomVersion;
        return query.Plan.Accept(function.Name, function.CallText(query.Device, which, buffer), which)
            ? NvmlText.Read(buffer)
            : null;
    }

    private static string? Hex(uint id) =>
        id == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"0x{id:X8}");
}
