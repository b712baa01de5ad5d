using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

internal static class ModesCapture
{
    private const uint EgmBit = 1;

    // nvmlComputeMode_t in its order, which is not that of the words.
    private static readonly string[] ComputeModes = ["default", "exclusive_thread", "prohibited", "exclusive_process"];

    public static void Read(CapturedValues values)
    {
        var query = values.Query;
        var device = query.Api.Device;
        var record = query.Api.Record;
        values.AddFlag(ModesKeys.DisplayMode, device.DisplayMode);
        values.AddFlag(ModesKeys.DisplayActive, device.DisplayActive);
        values.AddFlag(ModesKeys.Persistence, device.PersistenceMode);
        values.Add(ModesKeys.Compute, query.Get<uint>(device.ComputeMode) is { } mode
            ? mode < ComputeModes.Length ? ComputeModes[mode] : CapturedValues.Number(mode)
            : null);
        values.AddWord(ModesKeys.Addressing, query.Get(
            device.AddressingMode, new AddressingMode { Version = AddressingMode.Tag })?.Value);
        values.AddWord(ModesKeys.Virtualization, query.Get<uint>(device.VirtualizationMode));
        values.AddFlag(ModesKeys.C2c, record.C2cModeInfoV);
        values.AddFlag(ModesKeys.Accounting, record.AccountingMode);
        values.AddNumber(ModesKeys.AccountingBuffer, record.AccountingBufferSize);
        values.Add(ModesKeys.Egm, query.Get(
            record.Capabilities, new DeviceCapabilities { Version = DeviceCapabilities.Tag }) is { } capabilities
                ? (capabilities.Mask & EgmBit) != 0
                : null);
    }
}
