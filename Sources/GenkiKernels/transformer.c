#include "GenkiKernelsTransformer.h"
