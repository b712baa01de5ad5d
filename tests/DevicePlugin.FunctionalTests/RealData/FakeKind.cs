namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>The two that play a scenario.</summary>
internal enum FakeKind
{
    /// <summary>hwmocks, under the real NVML backend.</summary>
    Native,

    /// <summary>The backend inside the executable.</summary>
    Managed,
}
