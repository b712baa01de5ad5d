using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.Hardware.Nvml;

/// <summary>Reads what is fixed about a MIG instance for as long as its UUID exists.</summary>
internal static class MigInstanceReader
{
    private const string NameSeparator = " MIG ";

    /// <summary>
    /// Null while NVML does not say where the instance sits: between creation of the GPU instance and of its compute
    /// instance, the slot answers but the ids do not.
    /// </summary>
    public static MigDevice? Read(DeviceQuery query, string uuid, string parentUuid, int slot)
    {
        var mig = query.Api.Mig;
        if (query.GetInt(mig.GpuInstanceId) is not { } gpuInstance
            || query.GetInt(mig.ComputeInstanceId) is not { } computeInstance)
        {
            return null;
        }

        var name = query.GetText(query.Api.Device.Name);
        var known = query.Plan.Accept(
            mig.Attributes2.Name, query.Api.GetDeviceAttributes(query.Device, out var attributes, out var hasSlices));
        var memory = query.Get(query.Api.Device.MemoryInfo2, new MemoryInfoV2 { Version = MemoryInfoV2.Tag })?.Total
            ?? query.Get<MemoryInfo>(query.Api.Device.MemoryInfo)?.Total;
        var profile = name is not null ? Profile(name) : hasSlices ? Profile(attributes) : "";
        return new MigDevice(query, uuid, name, new MigInstance(parentUuid, gpuInstance, computeInstance, profile)
        {
            Slot = slot,
            GpuSlices = hasSlices ? (int)attributes.GpuInstanceSliceCount : null,
            ComputeSlices = hasSlices ? (int)attributes.ComputeInstanceSliceCount : null,
        })
        {
            Bar1MiB = query.Get<Bar1MemoryInfo>(query.Api.Device.Bar1MemoryInfo)?.Total.ToMiB(),
            MemoryMiB = memory?.ToMiB() ?? (hasSlices ? (long)attributes.MemorySizeMB : null),
            Attributes = known ? attributes : null,
        };
    }

    /// <summary>As NVML writes it into names: <c>1g.10gb</c>, and <c>1c.3g.40gb</c> for a part of a GPU instance.</summary>
    internal static string Profile(DeviceAttributes attributes)
    {
        const ulong MiBPerGiB = 1024;
        var (compute, gpu) = (attributes.ComputeInstanceSliceCount, attributes.GpuInstanceSliceCount);
        var memory = (attributes.MemorySizeMB + MiBPerGiB - 1) / MiBPerGiB;
        var part = compute == gpu ? "" : string.Create(CultureInfo.InvariantCulture, $"{compute}c.");
        return string.Create(CultureInfo.InvariantCulture, $"{part}{gpu}g.{memory}gb");
    }

    internal static string Profile(string name)
    {
        var at = name.LastIndexOf(NameSeparator, StringComparison.Ordinal);
        return at < 0 ? "" : name[(at + NameSeparator.Length)..];
    }
}
