using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Hardware.Scenarios.Keys;

namespace DevicePlugin.Hardware.Capture;

/// <summary>
/// The values of one device while they are read. What NVML does not answer stays absent; what the format cannot hold is
/// left out and named in <see cref="LeftOut"/>, so that a wild value of a driver does not make the file useless.
/// </summary>
internal sealed class CapturedValues(DeviceQuery query)
{
    private const double BytesPerMiB = 1 << 20;

    public DeviceQuery Query { get; } = query;

    /// <summary>Read by another thread when this one does not come back from NVML.</summary>
    public KeyedValues Values { get; private set; } = KeyedValues.Empty;

    public ImmutableArray<string> LeftOut { get; private set; } = [];

    public void Add(IntegerKey key, long? value) => Add(key, value, value >= key.Lowest && value <= key.Highest);

    public void Add(DecimalKey key, double? value) => Add(key, value, value >= key.Lowest && value <= key.Highest);

    public void Add(FlagKey key, bool? value) => Add(key, value, fits: true);

    public void Add(TextKey key, string? value) => Add(
        key,
        value,
        value is not null
            && !(Encoding.UTF8.GetByteCount(value) > key.MaxLength)
            && key.Pattern?.IsMatch(value) != false);

    public void Add(WordKey key, string? value) => Add(key, value, fits: true);

    public void Add<T>(ListKey<T> key, ImmutableArray<T>? value)
        where T : notnull => Add(key, value, fits: true);

    /// <summary>For keys with their words in the order of NVML's codes; a code without a word stays a number.</summary>
    public void AddWord(WordKey key, long? code) => Add(
        key,
        code is { } number
            ? number >= 0 && number < key.Words.Length ? key.Words[(int)number] : Number(number)
            : null);

    public void AddBytes(DecimalKey key, ulong? bytes) => Add(key, bytes / BytesPerMiB);

    public void AddNumber(IntegerKey key, NativeFunction function) => Add(key, Query.GetInt(function));

    public void AddNumber(IntegerKey key, NativeFunction function, uint selector) =>
        Add(key, Query.GetInt(function, selector));

    public void AddFlag(FlagKey key, NativeFunction function) => Add(key, Query.GetBool(function));

    public void AddText(TextKey key, NativeFunction function) => Add(key, Query.GetText(function));

    public void AddWatts(DecimalKey key, NativeFunction function) => Add(key, Query.GetWatts(function));

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void Add(Key key, object? value, bool fits)
    {
        if (value is null)
        {
            return;
        }

        if (fits)
        {
            Values = Values.With(key, value);
        }
        else
        {
            // A text may be what scrubbing is for.
            var shown = value is string text ? $"{text.Length} characters" : value;
            LeftOut = LeftOut.Add(string.Create(CultureInfo.InvariantCulture, $"{key.Path} ({shown})"));
        }
    }
}
