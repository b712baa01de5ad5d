using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DevicePlugin.GoPlugin.Serving;

/// <summary>
/// Options registered by their own type. Through the open generic registrations of the framework each would cost a tenth
/// of a millisecond and more before the first answer: Native AOT builds types that only injection asks for at run time.
/// </summary>
internal static class ClosedOptions
{
    /// <summary>Options that nothing configures.</summary>
    public static void AddPlainOptions<TOptions>(this IServiceCollection services)
        where TOptions : class, new() => services.AddSingleton<IOptions<TOptions>>(Options.Create(new TOptions()));

    /// <summary>Options configured by what is registered for them; nothing here validates or configures afterwards.</summary>
    public static void AddConfiguredOptions<TOptions>(this IServiceCollection services)
        where TOptions : class, new() => services.AddSingleton<IOptions<TOptions>>(provider =>
        {
            var options = new TOptions();
            foreach (var step in provider.GetServices<IConfigureOptions<TOptions>>())
            {
                step.Configure(options);
            }

            return Options.Create(options);
        });
}
