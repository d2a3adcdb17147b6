// The C kernels of Genki: loops that Swift cannot vectorise for the processor at hand.
// Umbrella header; each group of kernels has a header and a source file of its own.
#pragma once
#include "GenkiKernelsAggregate.h"
#include "GenkiKernelsConvert.h"
#include "GenkiKernelsHash.h"
#include "GenkiKernelsMapping.h"
#include "GenkiKernelsPause.h"
#include "GenkiKernelsProduct.h"
#include "GenkiKernelsTransformer.h"
