#include "GenkiKernelsConvert.h"
