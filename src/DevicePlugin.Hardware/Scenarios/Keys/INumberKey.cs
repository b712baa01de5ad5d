namespace DevicePlugin.Hardware.Scenarios.Keys;

/// <summary>A key that a pattern may move.</summary>
internal interface INumberKey
{
    string Path { get; }

    double Lowest { get; }

    double Highest { get; }

    /// <summary>The value as the key holds it, rounded as docs/scenarios.md says and kept in the key's range.</summary>
    object FromPattern(double value);
}
