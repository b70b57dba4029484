/*
 * A table of library functions over arguments large and small, each printed exactly ("%a") and in
 * decimal, in double and in single precision. One bit of difference in any floating-point
 * instruction, rounding or conversion shows.
 */
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>

struct function {
	const char *name;
	double (*wide)(double);
	float (*narrow)(float);
};

static double power(double x)
{
	return pow(fabs(x), 1.0 / 3);
}

static float power_narrow(float x)
{
	return powf(fabsf(x), 1.0f / 3);
}

static const struct function functions[] = {
	{ "sin", sin, sinf },    { "cos", cos, cosf },    { "exp", exp, expf },
	{ "log", log, logf },    { "sqrt", sqrt, sqrtf }, { "pow", power, power_narrow },
	{ "tan", tan, tanf },    { "atan", atan, atanf }, { "cbrt", cbrt, cbrtf },
	{ "rint", rint, rintf },
};

static const double arguments[] = {
	0.0,     -0.0,    1.0,      -1.0,     0.5,      2.5,         3.14159265358979323846,
	-0.7,    1e-3,    1e-10,    1e-40,    1e-310,   DBL_MIN,     FLT_MIN,
	10.0,    100.25,  1e5,      123456789.125,      1e10,        1e22,
	FLT_MAX, 1e300,   INFINITY, NAN,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void print_conversions(double x)
{
	float narrow = (float)x;

	printf("%-10.4g as float %a", x, narrow);
	if (fabs(x) < 2e9)
		printf(", int %d, unsigned %u", (int)x, (unsigned)fabs(x));
	if (fabs(x) < 9e18)
		printf(", long %ld, rounded %ld", (long)x, lrint(x));
	printf("\n");
}

static void print_roundings(void)
{
	static const struct {
		const char *name;
		int mode;
	} roundings[] = {
		{ "nearest", FE_TONEAREST },
		{ "zero", FE_TOWARDZERO },
		{ "down", FE_DOWNWARD },
		{ "up", FE_UPWARD },
	};
	volatile double one = 1, three = 3, tenth = 0.1;
	volatile float narrow_one = 1, narrow_three = 3;

	for (unsigned i = 0; i < COUNT(roundings); i++) {
		/* volatile, so that each is computed before the mode is set back. */
		volatile double quotient, sum, fused;
		volatile float narrow_quotient;
		volatile long rounded;

		fesetround(roundings[i].mode);
		quotient = one / three;
		sum = one + tenth * three;
		fused = fma(one, tenth, -three * tenth);
		narrow_quotient = narrow_one / narrow_three;
		rounded = lrint(one + one / 2);
		fesetround(FE_TONEAREST);
		printf("%-8s %a %a %a %a %ld\n", roundings[i].name, quotient, sum, fused,
		       narrow_quotient, rounded);
	}
}

static void print_exceptions(void)
{
	volatile double zero = 0, one = 1, huge = DBL_MAX, tiny = DBL_MIN, three = 3;
	volatile double result;

#define SHOW(expression)                                                       \
	do {                                                                   \
		feclearexcept(FE_ALL_EXCEPT);                                  \
		result = (expression);                                         \
		int raised = fetestexcept(FE_ALL_EXCEPT);                      \
		printf("%-14s raises 0x%02x, gives %a\n", #expression, raised, result); \
	} while (0)
	SHOW(one + one);
	SHOW(one / three);
	SHOW(one / zero);
	SHOW(zero / zero);
	SHOW(huge * three);
	SHOW(tiny / three);
	SHOW(sqrt(-one));
#undef SHOW
}

int main(void)
{
	for (unsigned f = 0; f < COUNT(functions); f++) {
		for (unsigned i = 0; i < COUNT(arguments); i++) {
			volatile double x = arguments[i];
			double wide = functions[f].wide(x);
			float narrow = functions[f].narrow((float)x);

			printf("%-4s %-10.4g %a %.17g %a %.9g\n", functions[f].name, x, wide, wide,
			       narrow, narrow);
		}
	}
	for (unsigned i = 0; i < COUNT(arguments); i++)
		print_conversions(arguments[i]);
	print_roundings();
	print_exceptions();
	return 0;
}
