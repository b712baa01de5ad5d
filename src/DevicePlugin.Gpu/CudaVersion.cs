namespace DevicePlugin.Gpu;

public readonly record struct CudaVersion(int Major, int Minor)
{
    /// <summary>From CUDA's own form, 1000 * major + 10 * minor.</summary>
    public static CudaVersion FromNumber(int number) => new(number / 1000, number % 1000 / 10);

    public override string ToString() => $"{Major}.{Minor}";
}
