using System.Runtime.InteropServices;

namespace DevicePlugin.Hardware.Cuda;

/// <summary>
/// The few functions of the CUDA driver API that need no context. cuInit starts threads and keeps memory that nothing
/// gives back, so this runs in the probe child only.
/// </summary>
public static unsafe class CudaDriver
{
    /// <summary>What an executable must understand as its first argument to be the probe's child.</summary>
    public const string ProbeCommand = "cuda-probe";

    private const int Success = 0;
    private const double BytesPerMiB = 1 << 20;

    /// <summary>
    /// Prints one JSON object: the devices, or why there are none. Never throws; a crash inside the driver ends the
    /// process, which is why it is one of its own.
    /// </summary>
    /// <param name="libraryPath">Null: the system's own search.</param>
    /// <param name="output">Where the object goes.</param>
    public static void WriteReport(string? libraryPath, TextWriter output)
    {
        if (!CudaChild.EndWithParent())
        {
            return;
        }

        var report = Read(libraryPath ?? (OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1"));
        output.WriteLine(CudaJson.Write(report));
    }

    internal static string FormatUuid(ReadOnlySpan<byte> bytes, bool isMig) =>
        (isMig ? "MIG-" : "GPU-") + new Guid(bytes, bigEndian: true).ToString();

    private static CudaReport Read(string library)
    {
        nint handle;
        try
        {
            handle = NativeLibrary.Load(library);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return new CudaReport { Error = exception.Message.ReplaceLineEndings(" ").Trim() };
        }

        var init = (delegate* unmanaged[Cdecl]<uint, int>)Find(handle, "cuInit");
        var getCount = (delegate* unmanaged[Cdecl]<int*, int>)Find(handle, "cuDeviceGetCount");
        var get = (delegate* unmanaged[Cdecl]<int*, int, int>)Find(handle, "cuDeviceGet");
        if (init == null || getCount == null || get == null)
        {
            return new CudaReport { Error = $"{library} is not the CUDA driver" };
        }

        var count = 0;
        var result = init(0);
        result = result == Success ? getCount(&count) : result;
        if (result != Success)
        {
            return new CudaReport { Error = $"CUDA error {result}" };
        }

        var devices = new List<CudaDeviceFacts>();
        for (var ordinal = 0; ordinal < count; ordinal++)
        {
            int device;
            if (get(&device, ordinal) == Success && ReadUuid(handle, device) is { } uuid)
            {
                devices.Add(ReadDevice(handle, device, uuid));
            }
        }

        return new CudaReport { Devices = devices };
    }

    private static CudaDeviceFacts ReadDevice(nint library, int device, string uuid) => new()
    {
        Uuid = uuid,
        L2CacheKiB = Attribute(library, device, CudaAttribute.L2CacheSize) / 1024,
        SmCount = Attribute(library, device, CudaAttribute.MultiprocessorCount),
        CopyEngines = Attribute(library, device, CudaAttribute.AsyncEngineCount),
        SharedMemoryPerSmKiB = Attribute(library, device, CudaAttribute.MaxSharedMemoryPerMultiprocessor) / 1024,
        ThreadsPerSm = Attribute(library, device, CudaAttribute.MaxThreadsPerMultiprocessor),
        ClockMHz = Attribute(library, device, CudaAttribute.ClockRate) / 1000,
        IsIntegrated = Attribute(library, device, CudaAttribute.Integrated) is { } integrated ? integrated != 0 : null,
        ManagedMemory = Attribute(library, device, CudaAttribute.ManagedMemory) is { } managed ? managed != 0 : null,
        TotalMemoryMiB = TotalMemory(library, device),
    };

    /// <summary>The second version names a MIG instance, the first always the GPU it is on.</summary>
    private static string? ReadUuid(nint library, int device)
    {
        Span<byte> gpu = stackalloc byte[16];
        Span<byte> own = stackalloc byte[16];
        var hasGpu = Uuid(library, "cuDeviceGetUuid", device, gpu);
        if (Uuid(library, "cuDeviceGetUuid_v2", device, own))
        {
            return FormatUuid(own, isMig: hasGpu && !own.SequenceEqual(gpu));
        }

        return hasGpu ? FormatUuid(gpu, isMig: false) : null;
    }

    private static bool Uuid(nint library, string name, int device, Span<byte> uuid)
    {
        var function = (delegate* unmanaged[Cdecl]<byte*, int, int>)Find(library, name);
        fixed (byte* pointer = uuid)
        {
            return function != null && function(pointer, device) == Success;
        }
    }

    private static int? Attribute(nint library, int device, CudaAttribute attribute)
    {
        var function = (delegate* unmanaged[Cdecl]<int*, int, int, int>)Find(library, "cuDeviceGetAttribute");
        int value;
        return function != null && function(&value, (int)attribute, device) == Success ? value : null;
    }

    private static double? TotalMemory(nint library, int device)
    {
        var function = (delegate* unmanaged[Cdecl]<nuint*, int, int>)Find(library, "cuDeviceTotalMem_v2");
        nuint bytes;
        return function != null && function(&bytes, device) == Success ? bytes / BytesPerMiB : null;
    }

    private static void* Find(nint library, string name) =>
        NativeLibrary.TryGetExport(library, name, out var address) ? (void*)address : null;
}
