namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>How a node is built from the built-in scenarios.</summary>
/// <param name="Template">The built-in scenario whose GPU is repeated.</param>
/// <param name="Position">Which of its GPUs.</param>
internal sealed record NodeShape(string Name, int Gpus, string Template, int Position)
{
    /// <summary>The first of each kind is what the others of that kind are compared with.</summary>
    public static readonly IReadOnlyList<NodeShape> Growth =
    [
        Whole(1), Whole(8), Whole(64), Split(1), Split(16),
    ];

    public static NodeShape Whole(int gpus) => new($"{gpus} H100", gpus, "dgx-h100", 0);

    /// <summary>Seven MIG instances each.</summary>
    public static NodeShape Split(int gpus) => new($"{gpus}x7 MIG (A100)", gpus, "dgx-a100-mig", 5);
}
